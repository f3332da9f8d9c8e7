/*
 * mute() points stderr at /dev/null, unmute() puts it back; each returns whether it worked.
 * TensorFlow writes remarks to stderr from its static initializers, before it reads TF_CPP_MIN_LOG_LEVEL, so nothing
 * but the file descriptor itself can keep them off the screen. dup2 swaps it in one step: no other thread can
 * open a file onto descriptor 2 in between.
 */
#define _POSIX_C_SOURCE 200809L
#define NAPI_VERSION 8
#include <fcntl.h>
#include <node_api.h>
#include <stdbool.h>
#include <unistd.h>

static int saved = -1;

static napi_value boolean(napi_env env, bool value) {
  napi_value result;
  napi_get_boolean(env, value, &result);
  return result;
}

static napi_value mute(napi_env env, napi_callback_info info) {
  (void)info;
  if (saved >= 0) return boolean(env, false);
  int nowhere = open("/dev/null", O_WRONLY | O_CLOEXEC);
  if (nowhere < 0) return boolean(env, false);
  saved = fcntl(STDERR_FILENO, F_DUPFD_CLOEXEC, 3);
  bool muted = saved >= 0 && dup2(nowhere, STDERR_FILENO) >= 0;
  close(nowhere);
  return boolean(env, muted);
}

static napi_value unmute(napi_env env, napi_callback_info info) {
  (void)info;
  if (saved < 0) return boolean(env, false);
  bool restored = dup2(saved, STDERR_FILENO) >= 0;
  close(saved);
  saved = -1;
  return boolean(env, restored);
}

NAPI_MODULE_INIT() {
  napi_value function;
  napi_create_function(env, "mute", NAPI_AUTO_LENGTH, mute, NULL, &function);
  napi_set_named_property(env, exports, "mute", function);
  napi_create_function(env, "unmute", NAPI_AUTO_LENGTH, unmute, NULL, &function);
  napi_set_named_property(env, exports, "unmute", function);
  return exports;
}
