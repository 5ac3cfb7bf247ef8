#!/bin/bash
# Runs wharf against servers that others wrote: a round trip with proofs and deletes, a kill in the middle, and gzip
# streams on S3; instances, a launch and the end of a run on the EC2 of moto; one line a step.
#
#   scripts/second-opinions.sh [--install] [moto] [garage]
#
# Both servers are tried where none is named; one that is not installed is skipped with a word. `--install` fetches what is
# missing: moto from PyPI (a minute), garage from crates.io (it compiles, ten minutes and more). They run on loopback, with
# fresh data in a folder that goes away; programs stay in ${SECOND_OPINIONS:-~/.cache/second-opinions}.
# WHARF names the program to try; `target/debug/wharf` is built and taken where it is not set. The exit code is 1 where a
# step failed.
set -u
here=$(cd "$(dirname "$0")/.." && pwd)
home=${SECOND_OPINIONS:-$HOME/.cache/second-opinions}
work=$(mktemp -d)
server=
failed=0
install=no
wanted=

for word in "$@"; do
  case $word in
    --install) install=yes ;;
    moto | garage) wanted="$wanted $word" ;;
    *) sed -n '2,12s/^# \{0,1\}//p' "$0" >&2; exit 2 ;;
  esac
done

stop() {
  [ -n "$server" ] && kill "$server" 2>/dev/null && wait "$server" 2>/dev/null
  server=
}
trap 'stop; rm -rf "$work"' EXIT

free_port() {
  python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])'
}

# moto: S3 in Python, quick to start, keeps all in memory.
moto_install() { python3 -m venv "$home/moto" && "$home/moto/bin/pip" -q install 'moto[server]'; }
moto_program() { [ -x "$home/moto/bin/moto_server" ] && echo "$home/moto/bin/moto_server" || command -v moto_server; }
moto_start() {
  export AWS_ACCESS_KEY_ID=test AWS_SECRET_ACCESS_KEY=test
  "$1" -H 127.0.0.1 -p "$port" >"$work/server.log" 2>&1 &
  server=$!
  ready curl -sf "http://127.0.0.1:$port/moto-api/" || return 1
  curl -sf -X PUT "http://127.0.0.1:$port/opinions" >/dev/null
}
moto_checksums=when_supported

# garage: a store that people run, in Rust. It knows no checksum trailers and heeds no conditions.
garage_install() { cargo install garage --version 2.5.0 --locked --root "$home/garage"; }
garage_program() { [ -x "$home/garage/bin/garage" ] && echo "$home/garage/bin/garage" || command -v garage; }
garage_start() {
  local rpc; rpc=$(free_port)
  export GARAGE_CONFIG_FILE=$work/garage.toml
  export AWS_ACCESS_KEY_ID=GK0123456789abcdef01234567
  export AWS_SECRET_ACCESS_KEY=0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef
  cat >"$GARAGE_CONFIG_FILE" <<TOML
metadata_dir = "$work/meta"
data_dir = "$work/blocks"
db_engine = "sqlite"
replication_factor = 1
rpc_bind_addr = "127.0.0.1:$rpc"
rpc_public_addr = "127.0.0.1:$rpc"
rpc_secret = "$(python3 -c 'import secrets; print(secrets.token_hex(32))')"
[s3_api]
s3_region = "us-east-1"
api_bind_addr = "127.0.0.1:$port"
TOML
  "$1" server >"$work/server.log" 2>&1 &
  server=$!
  ready "$1" status || return 1
  {
    "$1" layout assign -z one -c 10G "$("$1" node id -q | cut -d@ -f1)" && "$1" layout apply --version 1 &&
      "$1" key import --yes "$AWS_ACCESS_KEY_ID" "$AWS_SECRET_ACCESS_KEY" -n opinions &&
      "$1" bucket create opinions && "$1" bucket allow --read --write --owner opinions --key opinions
  } >>"$work/server.log" 2>&1
}
garage_checksums=when_required

# Waits until a command succeeds, as long as the server lives.
ready() {
  until "$@" >/dev/null 2>&1; do
    kill -0 "$server" 2>/dev/null || return 1
    sleep 0.1
  done
}

# step NAME CODE COMMAND…: passes where the command ends with this code.
step() {
  local name=$1 code=$2 got; shift 2
  "$@" >"$work/out" 2>&1; got=$?
  if [ "$got" = "$code" ]; then
    printf '%-7s %-44s pass\n' "$of" "$name"
  else
    printf '%-7s %-44s FAIL (exit %s, not %s)\n' "$of" "$name" "$got" "$code"
    sed 's/^/        | /' "$work/out" | tail -15
    failed=1
  fi
}

files() {
  mkdir -p "$1/plain/deep" "$1/odd"
  for number in $(seq 200); do echo "content of $number" >"$1/plain/deep/$number.txt"; done
  : >"$1/plain/empty"
  echo x >"$1/odd/space and + plus % percent"
  echo x >"$1/odd/ünï-日本-😀"
  head -c 26214400 /dev/urandom >"$1/large.bin"
  find "$1" -type f -exec touch -d '1 hour ago' {} +
}

holds() { [ "$("$wharf" --config "$work/wharf.toml" ls -r "$there" --json | grep -c '"type":"entry"')" = "$1" ]; }
nothing_planned_of() { ! "$wharf" --config "$work/wharf.toml" plan "$@" --json | grep '"type":"step"'; }
nothing_planned() { nothing_planned_of "$work/data" "$there"; }

# A program that is killed in the middle of a file in parts, and goes on: the file is whole, and no upload is left.
killed() {
  local run=("$wharf" --config "$work/wharf.toml") there=second:s3://opinions/killed task
  mkdir -p "$work/killed"
  head -c 83886080 /dev/urandom >"$work/killed/large.bin"
  for number in $(seq 20); do echo "content of $number" >"$work/killed/$number"; done
  find "$work/killed" -type f -exec touch -d '1 hour ago' {} +
  "${run[@]}" sync "$work/killed" "$there" --part-size 5MiB --bandwidth 8MiB >"$work/killed.out" 2>&1 &
  local sync=$!
  # A part of it is there once more than the small files' bytes are.
  until "${run[@]}" tasks list --state running --json | grep -Eq '"bytes":[0-9]{7,}'; do
    kill -0 "$sync" 2>/dev/null || break
  done
  kill -9 "$sync" 2>/dev/null; wait "$sync" 2>/dev/null
  task=$("${run[@]}" tasks list --state interrupted --json | grep -o '"id":[0-9]*' | head -1 | cut -d: -f2)
  step "killed in the middle, and gone on with" 0 "${run[@]}" tasks resume "$task"
  step "what was killed is whole" 0 "${run[@]}" diff "$work/killed" "$there" --check read
  if [ "$of" = moto ]; then step "no upload is left" 0 no_uploads; fi
}
no_uploads() { ! curl -sf "http://127.0.0.1:$port/opinions?uploads" | grep -q '<UploadId>'; }

# Files as gzip streams in S3: up, what gzip says of one, a second run, and back.
streams() {
  local run=("$wharf" --config "$work/wharf.toml") there=second:s3://opinions/streams
  mkdir -p "$work/text"
  for number in $(seq 20); do seq "$number" 5000 >"$work/text/$number.txt"; done
  base64 /dev/urandom | head -c 25000000 >"$work/text/large.txt"
  find "$work/text" -type f -exec touch -d '1 hour ago' {} +
  step "gzip: sync up, one in parts" 0 "${run[@]}" sync "$work/text" "$there" --gzip --part-size 5MiB
  step "gzip: a second sync plans nothing" 0 nothing_planned_of "$work/text" "$there" --gzip
  step "gzip: sync down, plain again" 0 "${run[@]}" sync "$there" "$work/text.back" --gzip
  step "gzip: every byte is the same" 0 diff -r "$work/text" "$work/text.back"
  step "gzip: fetched as they are" 0 "${run[@]}" sync "$there" "$work/text.gz"
  step "gzip: gzip -t is content with each" 0 gzip -t -r "$work/text.gz"
}

round_trip() {
  there=second:s3://opinions/trip
  cat >"$work/wharf.toml" <<TOML
[remotes.second]
endpoint_url = "http://127.0.0.1:$port"
region = "us-east-1"
checksums = "$1"
TOML
  rm -rf "$work/data" "$work/back"
  files "$work/data"
  local run=("$wharf" --config "$work/wharf.toml")
  step "sync up: 204 files, one of 25 MiB" 0 "${run[@]}" sync "$work/data" "$there"
  step "verify by checksum" 0 "${run[@]}" verify "$work/data" "$there"
  step "a second sync plans nothing" 0 nothing_planned
  step "sync down" 0 "${run[@]}" sync "$there" "$work/back"
  step "every byte is the same" 0 diff -r "$work/data" "$work/back"
  step "compare by reading" 0 "${run[@]}" diff "$work/data" "$there" --check read
  echo changed >"$work/data/plain/deep/1.txt"
  step "an overwrite without consent is refused" 5 "${run[@]}" sync "$work/data" "$there"
  step "an overwrite with consent" 0 "${run[@]}" sync "$work/data" "$there" --yes
  rm -r "$work/data/plain/deep"
  step "many deletes stop at the brake" 5 "${run[@]}" sync "$work/data" "$there" --delete --yes
  step "nothing was deleted" 0 holds 204
  step "deletes run once their number is allowed" 0 "${run[@]}" sync "$work/data" "$there" --delete --yes --max-delete 200
  step "only these were deleted" 0 holds 4
}

# Asks moto's own Python (it brings boto3) for a run's things beside those of nobody; prints the instance's id. No NAT
# gateway: moto keeps its address tied when it is gone, which AWS does not.
cloud_seed() {
  "$(dirname "$program")/python" - "http://127.0.0.1:$port" <<'PYTHON'
import sys, boto3
ec2 = boto3.client("ec2", region_name="us-east-1", endpoint_url=sys.argv[1])
def tags(kind, name):
    own = [{"Key": "wharf:run", "Value": "opinion"}, {"Key": "Name", "Value": name}]
    return [{"ResourceType": kind, "Tags": own}]
def client(service):
    return boto3.client(service, region_name="us-east-1", endpoint_url=sys.argv[1])
def beside(own):
    subnets = [one["SubnetId"] for one in ec2.describe_subnets()["Subnets"]][:2]
    client("elbv2").create_load_balancer(Name="front", Type="network", Subnets=subnets, Tags=own)
    client("autoscaling").create_auto_scaling_group(
        AutoScalingGroupName="workers", MinSize=0, MaxSize=2, DesiredCapacity=0, AvailabilityZones=["us-east-1a"],
        LaunchTemplate={"LaunchTemplateName": "workers"}, Tags=[dict(tag, PropagateAtLaunch=True) for tag in own])
    efs = client("efs")
    files = efs.create_file_system(CreationToken="shared", Tags=own)["FileSystemId"]
    efs.create_mount_target(FileSystemId=files, SubnetId=subnets[0])
    client("fsx").create_file_system(FileSystemType="LUSTRE", StorageCapacity=1200, StorageType="SSD",
                                     SubnetIds=subnets[:1], Tags=own)
    maker = client("sagemaker")
    maker.create_model(ModelName="cards", ExecutionRoleArn="arn:aws:iam::123456789012:role/cards",
                       PrimaryContainer={"Image": "123456789012.dkr.ecr.us-east-1.amazonaws.com/cards"})
    maker.create_endpoint_config(EndpointConfigName="cards", ProductionVariants=[{
        "VariantName": "all", "ModelName": "cards", "InstanceType": "ml.m5.large", "InitialInstanceCount": 1}])
    maker.create_endpoint(EndpointName="cards", EndpointConfigName="cards", Tags=own)
    client("logs").create_log_group(logGroupName="/wharf/opinion", tags={one["Key"]: one["Value"] for one in own})
image = ec2.describe_images(Owners=["amazon"])["Images"][0]["ImageId"]
one = ec2.run_instances(ImageId=image, MinCount=1, MaxCount=1, InstanceType="t3.micro",
                        TagSpecifications=tags("instance", "trainer"))["Instances"][0]["InstanceId"]
data = ec2.create_volume(AvailabilityZone="us-east-1a", Size=20, VolumeType="gp3",
                         TagSpecifications=tags("volume", "data"))["VolumeId"]
ec2.create_volume(AvailabilityZone="us-east-1a", Size=8)
ec2.create_snapshot(VolumeId=data, TagSpecifications=tags("snapshot", "data"))
ec2.create_launch_template(LaunchTemplateName="workers", LaunchTemplateData={"InstanceType": "t3.micro"},
                           TagSpecifications=tags("launch-template", "workers"))
ec2.allocate_address(Domain="vpc", TagSpecifications=tags("elastic-ip", "door"))
beside(tags("", "beside")[0]["Tags"])
print(one)
PYTHON
}

# Instances and the end of a run: moto's CloudWatch does not speak CBOR, which is told, and the rest works.
cloud() {
  local run=("$wharf" --config "$work/wharf.toml" --remote second) id
  id=$(cloud_seed 2>>"$work/server.log")
  if [ -z "$id" ]; then
    echo "$of: skipped instances and wrap-up: its Python has no boto3"
    return
  fi
  step "instances: listed, what is not served told" 3 "${run[@]}" instances list
  step "instances: details" 0 "${run[@]}" instances show "$id"
  step "instances: stop, followed" 0 "${run[@]}" instances stop "$id"
  step "wrap-up: a look lists what the run made" 0 own_things 11
  step "wrap-up: no proof and no reason, refused" 5 "${run[@]}" wrap-up opinion --apply --account 123456789012
  step "wrap-up: another account is refused" 5 "${run[@]}" wrap-up opinion --apply --account 210987654321 --override-proof trial
  step "wrap-up: all that is ticked goes, in order" 0 "${run[@]}" wrap-up opinion --apply --account 123456789012 --override-proof trial
  step "wrap-up: nothing of the run is left" 0 own_things 0
}
own_things() { # COUNT [RUN]
  local found
  found=$("$wharf" --config "$work/wharf.toml" --remote second wrap-up "${2:-opinion}" --json | grep -c '"origin":"this run"')
  [ "$found" = "$1" ] || { echo "$found things of the run, not $1"; false; }
}

# What a launch stands on, for the configuration: image, subnet, security group; IAM gets the role.
launch_ground() {
  "$(dirname "$program")/python" - "http://127.0.0.1:$port" <<'PYTHON'
import sys, boto3
def client(service):
    return boto3.client(service, region_name="us-east-1", endpoint_url=sys.argv[1])
ec2, iam = client("ec2"), client("iam")
iam.create_role(RoleName="trainer", AssumeRolePolicyDocument="{}")
iam.create_instance_profile(InstanceProfileName="wharf-run")
iam.add_role_to_instance_profile(InstanceProfileName="wharf-run", RoleName="trainer")
images = ec2.describe_images(Owners=["amazon"], Filters=[{"Name": "architecture", "Values": ["x86_64"]}])["Images"]
print(images[0]["ImageId"], ec2.describe_subnets()["Subnets"][0]["SubnetId"],
      ec2.describe_security_groups()["SecurityGroups"][0]["GroupId"])
PYTHON
}

# What moto holds of the one instance that a launch made, by its own client.
launch_holds() {
  "$(dirname "$program")/python" - "http://127.0.0.1:$port" <<'PYTHON'
import base64, sys, boto3
ec2 = boto3.client("ec2", region_name="us-east-1", endpoint_url=sys.argv[1])
own = [{"Name": "tag:wharf:run", "Values": ["voyage"]}, {"Name": "instance-state-name", "Values": ["pending", "running"]}]
[one] = [one for some in ec2.describe_instances(Filters=own)["Reservations"] for one in some["Instances"]]
[disk] = [disk for disk in one["BlockDeviceMappings"] if disk["DeviceName"] == "/dev/sdf"]
volume = ec2.describe_volumes(VolumeIds=[disk["Ebs"]["VolumeId"]])["Volumes"][0]
told = ec2.describe_instance_attribute(InstanceId=one["InstanceId"], Attribute="userData")["UserData"]["Value"]
tags = lambda tagged: {tag["Key"]: tag["Value"] for tag in tagged["Tags"]}
wanted = {"Name": "voyage", "wharf:run": "voyage", "wharf:launch": one["ClientToken"]}
assert one["InstanceLifecycle"] == "spot", one
assert one["IamInstanceProfile"]["Arn"].endswith("/wharf-run"), one
assert tags(one) == wanted and tags(volume) == wanted, (tags(one), tags(volume))
assert disk["Ebs"]["DeleteOnTermination"] is False, disk
assert volume["Encrypted"] and volume["KmsKeyId"] == "alias/runs" and volume["Size"] == 20, volume
assert base64.b64decode(told).startswith(b"#!/bin/bash\n"), told[:40]
PYTHON
}

# A launch from its checks to nothing left. What moto cannot do of it is said.
launched() {
  local run=("$wharf" --config "$work/wharf.toml" --remote second) image subnet group
  read -r image subnet group < <(launch_ground 2>>"$work/server.log")
  [ -n "$group" ] || { echo "$of: skipped the launch: its Python has no boto3" && return; }
  mkdir -p "$work/scripts"
  echo 'echo training' >"$work/scripts/train.sh"
  cp "$(type -P true)" "$work/program"
  cat >>"$work/wharf.toml" <<TOML
[machines.trainer]
when = { path = "/opt/wharf-run" }
base_dir = "/data"
[mappings.models]
local = "models"
remote = "second:s3://opinions/models"
direction = "both"
[runs.voyage]
remote = "second"
outputs = ["models"]
at_end = "terminate"
[runs.voyage.launch]
binary = "program"
image = "$image"
type = "t3.micro"
subnet = "$subnet"
security_groups = ["$group"]
instance_profile = "wharf-run"
spot = true
volumes = [{ device = "/dev/sdf", size = "20 GiB", mount = "/data", kms_key = "alias/runs" }]
upload = ["scripts/"]
train = "scripts/train.sh"
max_hours = 2
TOML
  local end=(wrap-up voyage --apply --ended --account 123456789012 --override-proof trial)
  step "launch: a dry run tells what it stands on" 0 "${run[@]}" instances launch voyage --dry-run
  step "launch: and makes nothing" 0 own_things 0 voyage
  step "launch: files put, instance asked for" 0 "${run[@]}" instances launch voyage --yes --no-wait
  step "launch: market, key, tags, role as asked" 0 launch_holds
  step "launch: instance, volume, folder are listed" 0 own_things 3 voyage
  step "launch: a second one is refused" 5 "${run[@]}" instances launch voyage --yes --no-wait
  step "launch: its wrap-up ends instance and volume" 0 "${run[@]}" "${end[@]}"
  step "launch: only what S3 keeps is left" 0 own_things 1 voyage
  step "launch: again, until its checks pass" 0 "${run[@]}" instances launch voyage --yes
  step "launch: its wrap-up, again" 0 "${run[@]}" "${end[@]}"
  step "launch: only what S3 keeps is left, again" 0 own_things 1 voyage
  cat <<WORDS
$of: not tried of the launch, because it has none of it: user data is not run, so that nothing is trained, pushed or recorded
        and the wrap-up needs a word in place of the proof; no quota of processors, no want of capacity
WORDS
}

wharf=${WHARF:-}
if [ -z "$wharf" ]; then
  cargo build -q --manifest-path "$here/Cargo.toml" || exit 1
  wharf=$here/target/debug/wharf
fi
export WHARF_STATE=$work/state AWS_REGION=us-east-1 AWS_EC2_METADATA_DISABLED=true
export AWS_CONFIG_FILE=/dev/null AWS_SHARED_CREDENTIALS_FILE=/dev/null
unset AWS_PROFILE AWS_ENDPOINT_URL AWS_SESSION_TOKEN

for of in ${wanted:-moto garage}; do
  [ "$install" = yes ] && [ -z "$("${of}_program")" ] && "${of}_install"
  program=$("${of}_program")
  if [ -z "$program" ]; then
    echo "$of: skipped, it is not installed (scripts/second-opinions.sh --install $of)"
    continue
  fi
  port=$(free_port)
  if "${of}_start" "$program"; then
    checksums=${of}_checksums
    round_trip "${!checksums}"
    killed
    streams
    if [ "$of" = moto ]; then cloud; launched; fi
  else
    echo "$of: FAIL, it did not start:"; tail -5 "$work/server.log"; failed=1
  fi
  stop
done
exit $failed
