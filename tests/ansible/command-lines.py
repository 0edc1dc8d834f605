"""What Ansible itself would run to reach hosts: reads {"case": {"host": {variables}}}, prints the same with the
arguments of `ssh` in place of the variables. Run by the interpreter of the Ansible that tests/ansible/install makes."""

import json
import sys

from ansible.playbook.play_context import PlayContext
from ansible.plugins.loader import connection_loader, init_plugin_loader

init_plugin_loader()
answer = {}
for case, hosts in json.load(sys.stdin).items():
    answer[case] = {}
    for host, variables in hosts.items():
        connection = connection_loader.get("ssh", PlayContext(), "/dev/null")
        connection.set_options(var_options=dict(variables, inventory_hostname=host))
        words = connection._build_command("ssh", "ssh")
        answer[case][host] = [word.decode() for word in words] + [connection.get_option("host")]
json.dump(answer, sys.stdout)
