"""`OneCommand`: the session of any scaffold whose answers hold one shell command each."""

from repodojo.environments.sandbox import Sandbox
from repodojo.rollouts.stuck import repeats_action
from repodojo.scaffolds.scaffold import CommandRule, Response
from repodojo.types import Message


class OneCommand:
    """Runs what each answer asks for in the persistent shell; stuck as the paper defines it."""

    def __init__(self, rule: CommandRule) -> None:
        self._rule = rule
        self._commands: list[str | None] = []

    def prepare(self, sandbox: Sandbox) -> tuple[Message, ...]:
        """Return nothing: the opening messages are enough."""
        return ()

    def respond(self, answer: Message, sandbox: Sandbox, timeout_s: float) -> Response:
        """Run the answer's command, or say what is wrong with the answer."""
        action = self._rule.parse(answer.content)
        self._commands.append(action.command)
        if action.command is None:
            if action.submits:
                return Response(exit_status="Submitted")
            return Response((Message("user", action.feedback),), malformed=True)
        result = sandbox.execute(action.command, timeout_s)
        ends = action.submits or self._rule.submitted(result)
        return Response(
            messages=() if ends else (self._rule.observe(result),),
            command=action.command,
            exit_code=result.exit_code,
            sandbox_s=result.duration_s,
            exit_status="Submitted" if ends else "",
        )

    def stuck(self) -> str:
        """Tell whether the last three commands are the same."""
        return "the same action three turns in a row" if repeats_action(self._commands) else ""
