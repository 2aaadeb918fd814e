"""Which commands a shell script calls, as far as that can be read off it: words in the place of a command, also in
substitutions, and what `exec` and `command` run. Understands what our scripts have of the shell's language: no
here-documents, no backquotes."""

import re
from dataclasses import dataclass, field

OPENING = {"if", "then", "elif", "else", "do", "while", "until", "{", "!"}
CLOSING = {"fi", "done", "}", "esac"}
BUILTINS = set(". : [ break cd command continue echo eval exec exit export false getopts kill local printf pwd read readonly "
               "return set shift test times trap true type ulimit umask unset wait".split())
ASSIGNMENT = re.compile(r"[A-Za-z_]\w*=")
REDIRECTION = re.compile(r"\d*(?:>>|<>|>&|<&|>|<)")


@dataclass
class Script:
    """called: commands in the place of one; functions: those it defines; asked_for: what `command -v` looks for."""

    called: set = field(default_factory=set)
    functions: set = field(default_factory=set)
    asked_for: set = field(default_factory=set)

    @property
    def foreign(self):
        """What must come from elsewhere. Words that only the running shell knows ($start) are not looked into."""
        return {name for name in self.called if not name.startswith("$")} - self.functions - BUILTINS - self.asked_for


class Reader:
    def __init__(self, text, script):
        self.text, self.at, self.script = text, 0, script

    def read(self, end=""):
        """A list of commands, up to END, which is taken."""
        expecting, after, cases = True, "", []
        while self.at < len(self.text):
            rest = self.text[self.at:]
            if cases and cases[-1] == "patterns" and not rest[0].isspace() and rest[0] != "#":
                expecting = self._patterns(cases)
                continue
            if rest[0] == "#":
                self.at += (rest + "\n").index("\n")
            elif rest.startswith(";;"):
                self.at, expecting = self.at + 2, True
                cases[-1] = "patterns"
            elif end and rest.startswith(end):
                self.at += len(end)
                return
            elif redirection := REDIRECTION.match(rest):
                self.at += redirection.end()
                self._skip_blanks()
                self._word()
            elif rest[0] == "(":
                self.at += 1
                self.read(")")
            elif rest[0] in "\n;&|":
                self.at, expecting, after = self.at + 1, True, ""
            elif rest.startswith("\\\n") or rest[0] in " \t":
                self.at += 2 if rest[0] == "\\" else 1
            else:
                word = self._word()
                expecting, after = self._take(word, expecting, after, cases)

    def _skip_blanks(self):
        while self.text[self.at:self.at + 1] in (" ", "\t"):
            self.at += 1

    def _patterns(self, cases):
        """Those of one branch, or esac. A command follows."""
        if re.match(r"esac\b", self.text[self.at:]):
            self.at += 4
            cases.pop()
            return True
        while self.text[self.at] != ")":
            if self.text[self.at] in "| \t(":
                self.at += 1
            else:
                self._word()
        self.at += 1
        cases[-1] = "commands"
        return True

    def _take(self, word, expecting, after, cases):
        if after == "case" and word == "in":
            cases.append("patterns")
            return True, ""
        if after in ("exec", "command") and not word.startswith("-"):
            self.script.called.add(word)
            return False, ""
        if after == "command" and word.startswith("-v"):
            return False, "command -v"
        if after == "command -v":
            self.script.asked_for.add(word)
            return False, ""
        if not expecting:
            return False, after
        if word in ("case", "for"):
            return False, word
        if word in OPENING or ASSIGNMENT.match(word):
            return True, ""
        if word in CLOSING:
            if word == "esac" and cases:
                cases.pop()
            return True, ""
        if re.match(r"[ \t]*\(\)", self.text[self.at:]):
            self.script.functions.add(word)
            self.at = self.text.index(")", self.at) + 1
            return True, ""
        self.script.called.add(word)
        return False, word if word in ("exec", "command") else ""

    def _word(self):
        """Its text without quotes; $ stands for what the running shell puts in."""
        start, word = self.at, ""
        while self.at < len(self.text):
            here = self.text[self.at]
            if here in " \t\n;&|()<>":
                break
            if here == "'":
                end = self.text.index("'", self.at + 1)
                word += self.text[self.at + 1:end]
                self.at = end + 1
            elif here == '"':
                word += self._double_quoted()
            elif here == "\\":
                word += self.text[self.at + 1]
                self.at += 2
            elif here == "$":
                word += self._dollar()
            else:
                word += here
                self.at += 1
        assert self.at > start, f"what is this? {self.text[self.at:self.at + 60]!r}"
        return word

    def _double_quoted(self):
        self.at += 1
        word = ""
        while self.text[self.at] != '"':
            if self.text[self.at] == "$":
                word += self._dollar()
            else:
                self.at += 2 if self.text[self.at] == "\\" else 1
                word += self.text[self.at - 1]
        self.at += 1
        return word

    def _dollar(self):
        rest = self.text[self.at:]
        if rest.startswith("$(("):
            self.at += 3
            depth = 2
            while depth:
                if self.text.startswith("$(", self.at) and not self.text.startswith("$((", self.at):
                    self._dollar()
                    continue
                depth += {"(": 1, ")": -1}.get(self.text[self.at], 0)
                self.at += 1
        elif rest.startswith("$("):
            self.at += 2
            self.read(")")
        elif rest.startswith("${"):
            self.at += 2
            while self.text[self.at] != "}":
                if self.text[self.at] == "$":
                    self._dollar()
                elif self.text[self.at] == '"':
                    self._double_quoted()
                else:
                    self.at += 1
            self.at += 1
        else:
            self.at += re.match(r"\$(\w+|.)", rest, re.DOTALL).end()
        return "$"


def read(path):
    script = Script()
    Reader(path.read_text(encoding="utf-8"), script).read()
    return script
