/* SPDX-License-Identifier: Apache-2.0 */
#include <getopt.h>
#include <stdio.h>
#include <string.h>

#include "../json_text.h"
#include "command.h"
#include "complete.h"
#include "report.h"

static const char about[] =
    "Prints the script that lets a shell complete the commands, options, channels and files of\n"
    "nexusctl. Installed packages have it in place. `nexusctl completion words -- WORD…` is what\n"
    "the scripts ask: it prints what may stand in the last WORD.\n";

static const char examples[] =
    "  nexusctl completion bash > ~/.local/share/bash-completion/completions/nexusctl\n"
    "  nexusctl completion zsh > \"${fpath[1]}/_nexusctl\"\n"
    "  nexusctl completion fish > ~/.config/fish/completions/nexusctl.fish\n";

static const char bash_script[] =
    "# nexusctl completion bash\n"
    "_nexusctl()\n"
    "{\n"
    "    local line current=${COMP_WORDS[COMP_CWORD]}\n"
    "    [ \"$current\" != = ] || current=\n"
    "    COMPREPLY=()\n"
    "    while IFS= read -r line; do\n"
    "        case $line in\n"
    "        :file)\n"
    "            compopt -o filenames\n"
    "            mapfile -t -O ${#COMPREPLY[@]} COMPREPLY < <(compgen -f -- \"$current\")\n"
    "            ;;\n"
    "        :dir)\n"
    "            compopt -o filenames\n"
    "            mapfile -t -O ${#COMPREPLY[@]} COMPREPLY < <(compgen -d -- \"$current\")\n"
    "            ;;\n"
    "        *) COMPREPLY+=(\"${line%%$'\\t'*}\") ;;\n"
    "        esac\n"
    "    done < <(\"$1\" completion words -- \"${COMP_WORDS[@]:1:COMP_CWORD}\" 2>/dev/null)\n"
    "}\n"
    "complete -F _nexusctl nexusctl\n";

static const char zsh_script[] =
    "#compdef nexusctl\n"
    "# nexusctl completion zsh\n"
    "_nexusctl() {\n"
    "    local -a candidates\n"
    "    local line\n"
    "    while IFS= read -r line; do\n"
    "        case $line in\n"
    "        (:file) _files ;;\n"
    "        (:dir) _files -/ ;;\n"
    "        (*) candidates+=(\"${${line%%$'\\t'*}//:/\\\\:}:${line#*$'\\t'}\") ;;\n"
    "        esac\n"
    "    done < <(\"${words[1]}\" completion words -- \"${(@)words[2,CURRENT]}\" 2>/dev/null)\n"
    "    (( $#candidates )) && _describe nexusctl candidates\n"
    "}\n"
    "if [[ ${funcstack[1]} = _nexusctl ]]; then\n"
    "    _nexusctl \"$@\"\n"
    "else\n"
    "    compdef _nexusctl nexusctl\n"
    "fi\n";

static const char fish_script[] =
    "# nexusctl completion fish\n"
    "function __nexusctl_complete\n"
    "    set -l words (commandline -opc)\n"
    "    set -l current (commandline -ct)\n"
    "    for line in ($words[1] completion words -- $words[2..-1] \"$current\" 2>/dev/null)\n"
    "        switch $line\n"
    "            case ':file'\n"
    "                __fish_complete_path \"$current\"\n"
    "            case ':dir'\n"
    "                __fish_complete_directories \"$current\"\n"
    "            case '*'\n"
    "                echo $line\n"
    "        end\n"
    "    end\n"
    "end\n"
    "complete -c nexusctl -f -a '(__nexusctl_complete)'\n";

static const struct {
    const char *shell;
    const char *script;
} scripts[] = {{"bash", bash_script}, {"zsh", zsh_script}, {"fish", fish_script}};

static int print_script(const char *shell)
{
    for (size_t i = 0; i < sizeof(scripts) / sizeof(scripts[0]); i++) {
        if (strcmp(scripts[i].shell, shell) != 0)
            continue;
        if (!command_json()) {
            fputs(scripts[i].script, stdout);
            return CTL_OK;
        }
        fputs("{\"script\":", stdout);
        json_put_string(stdout, scripts[i].script);
        puts("}");
        return CTL_OK;
    }
    return report_usage(&completion_command, "%s: not bash, zsh or fish", shell);
}

static int run(int argc, char **argv)
{
    /* Not parsed: what follows is somebody else's command line. */
    if (argc > 2 && strcmp(argv[1], "words") == 0 && strcmp(argv[2], "--") == 0) {
        complete_words(argc - 3, argv + 3);
        return CTL_OK;
    }
    if (command_next(&completion_command, argc, argv) != -1)
        return CTL_USAGE;
    if (argc - optind != 1)
        return report_usage(&completion_command, "which shell?");
    return print_script(argv[optind]);
}

const struct command completion_command = {
    .name = "completion",
    .arguments = "bash|zsh|fish",
    .operands = "bash|zsh|fish",
    .summary = "print the script that completes command lines",
    .about = about,
    .json = "print {\"script\":…}",
    .examples = examples,
    .run = run,
};
