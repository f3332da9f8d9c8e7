"""Types into `jupyter console` as a person would, in a terminal. Prints one line a step that went as it should."""

import os
import sys

import pexpect

os.environ["PROMPT_TOOLKIT_NO_CPR"] = "1"
kernel = sys.argv[1]


def start():
    command = ["-m", "jupyter_console", f"--kernel={kernel}"]
    console = pexpect.spawn(sys.executable, command, encoding="utf8", timeout=120, dimensions=(40, 120))
    console.expect(r"In \[")
    return console


def enter(console, text):
    console.send(text + "\r")


def shown(console, value):
    """Waits for a result; what the terminal echoes is none."""
    console.expect(r"Out\[")
    console.expect_exact(value)


def said(step):
    print(step, flush=True)


console = start()
enter(console, "function twice(x: number) {")
enter(console, "return 2 * x;")
enter(console, "}")
console.expect(r"In \[")
enter(console, "twice(21)")
shown(console, "42")
said("a function of three lines is asked for to its end, then run")

enter(console, 'const name = await input("name? ");')
console.expect(r"[\r\n](\x1b\[[0-9;?]*[a-zA-Z])*name\? ")
console.send("Ada\r")
console.expect(r"In \[")
enter(console, "name.toUpperCase()")
shown(console, "ADA")
said("input() asks and gets the answer")

enter(console, "while (true) {}")
# The loop must be running before it is stopped.
console.expect(pexpect.TIMEOUT, timeout=3)
console.send("\x03")
console.expect("KeyboardInterrupt")
console.expect(r"In \[")
enter(console, "name.repeat(3)")
shown(console, "AdaAdaAda")
said("Ctrl-C stops a loop and keeps variables")

console.expect(r"In \[")
enter(console, "6 * 7")
shown(console, "42")
console.expect(r"In \[")
console.send("\x04")
console.expect("exit")
console.send("y\r")
console.expect(pexpect.EOF)
console.close()
said(f"the console ends with {console.exitstatus}")

console = start()
# The line is fetched from the kernel's history when the console begins.
console.send("\x1b[A")
console.expect_exact("6")
console.send("\r")
shown(console, "42")
console.close(force=True)
said("arrow up brings back the last line of the session before")
