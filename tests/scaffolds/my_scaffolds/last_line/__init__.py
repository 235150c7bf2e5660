"""A scaffold whose answers end with a shell command, or with DONE, on their last line."""

from pathlib import Path

from repodojo.scaffolds.one_command import OneCommand
from repodojo.scaffolds.scaffold import Action
from repodojo.scaffolds.templates import load_templates
from repodojo.types import Message

PROMPTS = {"system": {}, "instance": {"issue": ""}, "observation": {"output": "", "exit_code": 0}}


class LastLine:
    name, tools, stop = "last_line", (), ()

    def __init__(self, observation_chars):
        self.templates = load_templates(Path(__file__).parent, PROMPTS)
        self.limit = observation_chars
        self.fingerprint = f"last_line-1-{self.limit}-{self.templates.digest}"

    def open(self, instance):
        issue = self.templates.render("instance", issue=instance.problem_statement)
        return (Message("system", self.templates.render("system")), Message("user", issue))

    def files(self, instance):
        return {}

    def begin(self, instance):
        return OneCommand(self)

    def parse(self, answer):
        last = answer.strip().split("\n")[-1].strip()
        return Action(None if last in ("", "DONE") else last, last == "DONE", "End with a command.")

    def submitted(self, result):
        return False

    def observe(self, result):
        output = result.text[-self.limit :]
        return Message(
            "user", self.templates.render("observation", output=output, exit_code=result.exit_code)
        )


def create_scaffold(options, observation_chars):
    return LastLine(observation_chars)
