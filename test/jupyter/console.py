"""Types into `jupyter console` as a person would, in a terminal. Prints one line a step that went as it should."""

import os
import re
import sys

import pexpect

os.environ["PROMPT_TOOLKIT_NO_CPR"] = "1"
kernel = sys.argv[1]


def start():
    command = [sys.executable, "-m", "jupyter_console", f"--kernel={kernel}"]
    console = pexpect.spawn(command[0], command[1:], encoding="utf8", timeout=120, dimensions=(40, 120))
    console.expect(r"In \[")
    return console


def enter(console, text):
    """A line and Enter. What the terminal echoes is not what is waited for: outputs begin a line."""
    console.send(text)
    console.expect_exact(re.split(r"\s", text)[-1][-8:])
    console.send("\r")


def said(step):
    print(step, flush=True)


console = start()
enter(console, "function twice(x: number) {")
enter(console, "return 2 * x;")
enter(console, "}")
console.expect(r"In \[")
enter(console, "twice(21)")
console.expect(r"Out\[.*42")
said("a function of three lines is asked for to its end, then run")

enter(console, 'const name = await input("name? ");')
console.expect(r"[\r\n](\x1b\[[0-9;?]*[a-zA-Z])*name\? ")
console.send("Ada\r")
console.expect(r"In \[")
enter(console, "name.toUpperCase()")
console.expect("ADA")
said("input() asks and gets the answer")

enter(console, "while (true) {}")
# The loop must be running before it is stopped.
console.expect(pexpect.TIMEOUT, timeout=3)
console.send("\x03")
console.expect("KeyboardInterrupt")
console.expect(r"In \[")
enter(console, "name.length")
console.expect(r"Out\[.*3")
said("Ctrl-C stops a loop and keeps variables")

console.expect(r"In \[")
enter(console, "6 * 7")
console.expect(r"Out\[.*42")
console.expect(r"In \[")
console.send("\x04")
console.expect("exit")
console.send("y\r")
console.expect(pexpect.EOF)
console.close()
said(f"the console ends with {console.exitstatus}")

console = start()
console.send("\x1b[A")
console.expect_exact("7")
console.send("\r")
console.expect(r"Out\[.*42")
console.close(force=True)
said("arrow up brings back the last line of the session before")
