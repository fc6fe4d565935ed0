"""Worker processes have one thread each, and end with the process that started them."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time

import psutil
import torch
from srbench_weight_decoder.workers import worker_pool


def test_a_worker_is_another_process_of_one_thread():
    with worker_pool(1) as workers:
        assert workers.submit(os.getpid).result() != os.getpid()
        assert workers.submit(torch.get_num_threads).result() == 1


def test_a_worker_does_not_outlive_the_process_that_started_it(tmp_path):
    script = tmp_path / "parent.py"
    script.write_text(
        "import os, time\n"
        "from srbench_weight_decoder.workers import worker_pool\n"
        "if __name__ == '__main__':\n"
        "    with worker_pool(1) as workers:\n"
        "        print(workers.submit(os.getpid).result(), flush=True)\n"
        "        time.sleep(600)\n"
    )
    with subprocess.Popen([sys.executable, str(script)], stdout=subprocess.PIPE, text=True) as parent:
        assert parent.stdout is not None
        worker = psutil.Process(int(parent.stdout.readline()))
        parent.send_signal(signal.SIGKILL)
    end = time.monotonic() + 60
    while worker.is_running() and worker.status() != psutil.STATUS_ZOMBIE and time.monotonic() < end:
        time.sleep(0.1)
    assert not worker.is_running() or worker.status() == psutil.STATUS_ZOMBIE
