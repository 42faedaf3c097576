"""`scim-server completion`: what a shell needs to complete commands, options and their choices."""

import click
from click.shell_completion import get_completion_class

# What click calls the variable by which a shell asks for completions.
_VARIABLE = "_SCIM_SERVER_COMPLETE"


@click.command()
@click.argument("shell", type=click.Choice(["bash", "zsh", "fish"]))
def completion(shell: str) -> None:
    """Print the script that completes commands in a shell.

    \b
    Examples:
      scim-server completion bash > ~/.local/share/bash-completion/completions/scim-server
      scim-server completion zsh > "${fpath[1]}/_scim-server"
      scim-server completion fish > ~/.config/fish/completions/scim-server.fish
    """
    of_shell = get_completion_class(shell)
    assert of_shell is not None
    root = click.get_current_context().find_root().command
    script = of_shell(root, {}, "scim-server", _VARIABLE)
    # Not source(): it runs bash to look at its version, and a script may be made where that shell is not.
    click.echo(script.source_template % script.source_vars())
