#!/bin/bash
# wharf: a run on its instance. Prepares, trains, and whatever the end pushes the outputs, records what stands here and proves it.
#   box.sh run      all of it
#   box.sh boot     at each later boot: what was interrupted is brought to its end
#   box.sh start    one of both as a unit, which ends before the network and the volumes go
#   box.sh push     pushes the outputs and records them afresh (asked for by the tab Wrap-up)
#   box.sh record   records the outputs afresh (asked for by wharf wrap-up)
set -u
BOX=${WHARF_BOX:-/opt/wharf-run}
# shellcheck source=/dev/null
. "$BOX/run.env"
export WHARF_CONFIG="$BOX/wharf.toml" WHARF_STATE="$BOX/state" WHARF_BOX="$BOX" WHARF_RUN="$RUN" WHARF_LAUNCH="$LAUNCH"
export PATH="$BOX:$PATH:/usr/sbin:/sbin" AWS_REGION="$REGION" HOME="${HOME:-/root}"
LOG="$BOX/log.txt"
WORK="$BOX/upload"
INSTANCE=${WHARF_INSTANCE:-$(bash "$BOX/boot.sh" imds meta-data/instance-id)}
STATE=booting OUTCOME='' EXIT='' WHY='' PUSHED=null RECORDED=null PROVEN=null COMMIT='' CAUGHT='' CHILD='' HEART='' TIME_UP=''
BEGAN=$(date -u +%Y-%m-%dT%H:%M:%SZ)

say() { echo "$(date -u +%H:%M:%S) wharf: $*" >>"$LOG"; }

quoted() { # TEXT: as a text of JSON, or null
  if [ -z "$1" ]; then
    echo null
  else
    printf '"%s"' "$(printf '%s' "$1" | tr -d '\000-\037' | sed 's/\\/\\\\/g; s/"/\\"/g')"
  fi
}

put() { # FILE NAME: a file becomes an object of this launch
  wharf sync "$1" "$LAUNCHED$2" --existing always --yes --no-recount -q >>"$BOX/put.log" 2>&1
}

status() { # STATE: tells in S3 how it stands
  STATE=$1
  tell
}

tell() {
  {
    printf '{"type":"status","run":%s,"launch":%s,"instance":%s,"state":%s,' \
      "$(quoted "$RUN")" "$(quoted "$LAUNCH")" "$(quoted "$INSTANCE")" "$(quoted "$STATE")"
    printf '"outcome":%s,"exit":%s,"why":%s,"commit":%s,' \
      "$(quoted "$OUTCOME")" "${EXIT:-null}" "$(quoted "$WHY")" "$(quoted "$COMMIT")"
    printf '"pushed":%s,"recorded":%s,"proven":%s,' "$PUSHED" "$RECORDED" "$PROVEN"
    printf '"began":%s,"at":%s}\n' "$(quoted "$BEGAN")" "$(quoted "$(date -u +%Y-%m-%dT%H:%M:%SZ)")"
  } >"$BOX/status.json"
  put "$BOX/status.json" status.json || say "the status could not be told"
  tail -c 262144 "$LOG" >"$BOX/log-tail.txt"
  put "$BOX/log-tail.txt" log.txt || true
}

beat() { # tells now and then that it lives, and looks for the notice of a spot instance
  local n=0
  while sleep "${WHARF_BEAT:-5}"; do
    if [ "$SPOT" = 1 ] && bash "$BOX/boot.sh" imds meta-data/spot/instance-action >/dev/null 2>&1; then
      echo spot >"$BOX/caught"
      kill -TERM "$1"
      return
    fi
    n=$((n + 1))
    [ "$((n % 12))" -ne 0 ] || kill -USR1 "$1" 2>/dev/null || return
  done
}

caught() { # a word from outside that it is over: what runs is told, and the outputs are pushed
  CAUGHT=$(cat "$BOX/caught" 2>/dev/null || echo killed)
  [ -z "$CHILD" ] || kill -TERM "$CHILD" 2>/dev/null
}

seconds_left() { # until the room for the push begins; a year where there is no limit, negative where it is over
  if [ "$HARD_MINUTES" -eq 0 ]; then
    echo 31536000
  else
    echo "$(($(cat "$BOX/deadline") - ROOM_SECONDS - $(date +%s)))"
  fi
}

within() { # COMMAND…: runs it in what is left of the time, and tells where that is up. A word from outside ends it
  local code own left grace
  [ -z "$CAUGHT" ] || return 143
  left=$(seconds_left)
  [ "$left" -gt 0 ] || { TIME_UP=1 && return 124; }
  # What does not end when it is told to takes no more than a part of the push's room.
  grace=$((ROOM_SECONDS / 4 < 60 ? ROOM_SECONDS / 4 + 1 : 60))
  rm -f "$BOX/exit"
  # It leaves its own code behind: the shell may forget it while it answers a word from outside. Told to end, it waits for what runs.
  # shellcheck disable=SC2016 # the inner shell expands it
  timeout --signal=TERM --kill-after="$grace" "$left" \
    bash -c 'trap : TERM; "$@"; code=$?; echo "$code" >"$0"; exit "$code"' "$BOX/exit" "$@" >>"$LOG" 2>&1 &
  CHILD=$!
  # It may have come between the question above and the start.
  [ -z "$CAUGHT" ] || kill -TERM "$CHILD" 2>/dev/null
  # A word from outside ends the waiting, not what is waited for.
  while
    wait "$CHILD"
    code=$?
    [ "$code" -gt 128 ] && [ ! -s "$BOX/exit" ] && kill -0 "$CHILD" 2>/dev/null
  do :; done
  own=$(cat "$BOX/exit" 2>/dev/null)
  [ "$code" -le 128 ] || code=${own:-$code}
  CHILD=''
  # 137 may be the kernel's, for want of memory: only the clock tells.
  case "$code" in
    124 | 137 | 143) [ "$(seconds_left)" -gt 0 ] || TIME_UP=1 ;;
  esac
  return "$code"
}

find_script() { # NAME: where it is, beside the uploads or in the code
  local place
  for place in "$BOX/upload/$1" "$BOX/code/$1"; do
    [ ! -f "$place" ] || { echo "$place" && return; }
  done
  say "$1 is neither among the uploads nor in the code"
  return 1
}

disks() { # whole disks, as NAME BYTES: those that the machine brings along are none
  lsblk -bdnpo NAME,SIZE,TYPE,MODEL | awk '$3 == "disk" && $0 !~ /Instance Storage/ { print $1, $2 }'
}

is_free() { # DISK: it has no partitions and is mounted nowhere
  [ "$(lsblk -nlo NAME "$1" | wc -l)" = 1 ] && [ -z "$(lsblk -nlo MOUNTPOINT "$1" | tr -d '[:space:]')" ]
}

is_empty() { # DISK: nothing that is known stands on it, and nothing at its beginning either
  local code
  blkid -p "$1" >/dev/null 2>&1
  code=$?
  # 2 is "nothing was found"; all else is something, or two things, or an error.
  [ "$code" = 2 ] && cmp -s -n 1048576 "$1" /dev/zero
}

serial_of() { # DEVICE: the volume that EC2 has there, as the serial number of its disk; nothing where the role may not ask
  wharf instances show "$INSTANCE" ${REMOTE:+--remote "$REMOTE"} --region "$REGION" --json 2>/dev/null |
    tr '{' '\n' | grep -F "\"device\":\"$1\"" | sed -n 's/.*"id":"vol-\([0-9a-f]*\)".*/vol\1/p' | head -n 1
}

disk_of() { # DEVICE GIB: the disk by the name that it was asked for with, or by its serial; newer machines name disks themselves
  local name real size serial found=''
  for name in "$1" "${1/sd/xvd}"; do
    real=$(readlink -f "$name") || continue
    disks | grep -q "^$real " && echo "$real" && return
  done
  serial=$(serial_of "$1")
  if [ -n "$serial" ]; then
    found=$(lsblk -dnpo NAME,SERIAL | awk -v serial="$serial" '$2 == serial { print $1 }')
    [ -z "$found" ] || { echo "$found" && return; }
  fi
  while read -r name size; do
    if [ "$size" != "$(($2 * 1073741824))" ] || ! is_free "$name"; then
      continue
    fi
    # Of two of this size, only empty ones are like each other.
    if [ -n "$found" ] && ! { is_empty "$found" && is_empty "$name"; }; then
      say "both $found and $name may be $1, and one holds something"
      return 1
    fi
    found=${found:-$name}
  done < <(disks)
  [ -n "$found" ] && echo "$found"
}

mount_volumes() { # DEVICE=GIB=FOLDER…: formats what is empty, mounts, and remembers what is where
  local one device size folder found uuid
  : >"$BOX/mounts"
  for one in "${MOUNTS[@]}"; do
    IFS='=' read -r device size folder <<<"$one"
    found=$(disk_of "$device" "$size") || { say "no disk is $device for sure" && return 1; }
    is_free "$found" || { say "$found ($device) is in use, or has partitions" && return 1; }
    if is_empty "$found"; then
      say "$found ($device) is empty: formatting it"
      mkfs.ext4 -q "$found" >>"$LOG" 2>&1 || return 1
    fi
    uuid=$(blkid -p -s UUID -o value "$found")
    if [ -z "$uuid" ]; then
      say "$found ($device) holds something that is no file system: nothing is done to it"
      return 1
    fi
    mkdir -p "$folder"
    mount "$found" "$folder" >>"$LOG" 2>&1 || return 1
    echo "$uuid $folder" >>"$BOX/mounts"
  done
}

mount_again() { # at a later boot disks may have other names
  local uuid folder
  while read -r uuid folder; do
    mountpoint -q "$folder" || mount "UUID=$uuid" "$folder" >>"$LOG" 2>&1 || return 1
  done <"$BOX/mounts"
}

all_mounted() { # what should lie on a volume and does not is not there: it is neither pushed nor recorded
  local one
  for one in "${MOUNTS[@]}"; do
    mountpoint -q "${one#*=*=}" || { say "${one#*=*=} is no mount" && return 1; }
  done
}

fetch_uploads() {
  mkdir -p "$BOX/upload"
  [ "$UPLOADS" = 0 ] || within wharf sync "${LAUNCHED}upload" "$BOX/upload" --yes -q
}

checkout() {
  local code
  [ -n "$REPOSITORY" ] || return 0
  cloned
  code=$?
  rm -f "$BOX/deploy-key"
  return "$code"
}

cloned() {
  local name
  local -a with=()
  if [ -n "$DEPLOY_KEY" ]; then
    (umask 077 && bash "$BOX/boot.sh" parameter "$DEPLOY_KEY" >"$BOX/deploy-key") || return 1
    [ -s "$BOX/deploy-key" ] || { say "the parameter $DEPLOY_KEY could not be read" && return 1; }
    echo >>"$BOX/deploy-key"
    with=(GIT_SSH_COMMAND="ssh -i $BOX/deploy-key -o IdentitiesOnly=yes -o StrictHostKeyChecking=accept-new"
      GIT_ASKPASS="$BOX/askpass" GIT_TERMINAL_PROMPT=0)
    # Over https the key is a token: git asks for it, and it stands in no command.
    # shellcheck disable=SC2016
    printf '#!/bin/bash\ncase "$1" in User*) echo x-access-token ;; *) head -n 1 %q ;; esac\n' "$BOX/deploy-key" >"$BOX/askpass"
    chmod 700 "$BOX/askpass"
  fi
  rm -rf "$BOX/code"
  within env "${with[@]}" git clone -q ${BRANCH:+--branch "$BRANCH"} -- "$REPOSITORY" "$BOX/code" || return
  if [ -n "$COMMIT_WANTED" ]; then
    within env "${with[@]}" git -C "$BOX/code" checkout -q --detach "$COMMIT_WANTED" || return
  fi
  COMMIT=$(git -C "$BOX/code" rev-parse HEAD) || return 1
  for name in "${OVERRIDES[@]}"; do
    mkdir -p "$BOX/code/$(dirname "$name")"
    cp -a "$BOX/upload/$name" "$BOX/code/$name" >>"$LOG" 2>&1 || return 1
  done
  WORK="$BOX/code"
}

script() { # NAME: runs it in the work's folder
  local file
  file=$(find_script "$1") || return 127
  # shellcheck disable=SC2016
  within bash -c 'cd "$1" && exec bash "$2"' - "$WORK" "$file"
}

inputs() { # pulled and proven, or training does not begin
  local name
  for name in "${INPUTS[@]}"; do
    within wharf pull "$name" --yes -q || return
    within wharf verify "$name" -q || return
  done
}

record() { # what stands here of the outputs, with checksums, put beside the run
  local name bad=0
  all_mounted || return 1
  mkdir -p "$BOX/manifest"
  for name in "${OUTPUTS[@]}"; do
    if wharf manifest "$name" --checksum --out "$BOX/manifest/$name.jsonl" -q >>"$LOG" 2>&1; then
      put "$BOX/manifest/$name.jsonl" "manifest/$name.jsonl" || bad=1
    else
      bad=1
    fi
  done
  return "$bad"
}

push() {
  local try name
  for try in 1 2 3; do
    PUSHED=true
    for name in "${OUTPUTS[@]}"; do
      wharf push "$name" --yes -q >>"$LOG" 2>&1 || PUSHED=false
    done
    [ "$PUSHED" = false ] || return 0
    say "the outputs could not all be pushed (try $try)"
    sleep "$((try * ${WHARF_RETRY:-10}))"
  done
}

push_now() { # asked for from outside, whatever the run does meanwhile
  all_mounted || { echo 'a volume is not mounted: nothing was pushed' >&2 && return 1; }
  push
  [ "$PUSHED" = true ] || { echo 'the outputs could not all be pushed; log.txt tells why' >&2 && return 1; }
  record || { echo 'the record could not be written; log.txt tells why' >&2 && return 1; }
}

prove() { # all of the outputs that stand here is in S3, by checksum; nothing at all proves nothing
  local name
  PROVEN=true
  [ "${#OUTPUTS[@]}" -gt 0 ] || PROVEN=false
  for name in "${OUTPUTS[@]}"; do
    grep -q '"type":"entry"' "$BOX/manifest/$name.jsonl" && wharf verify "$name" -q >>"$LOG" 2>&1 || PROVEN=false
  done
}

finish() { # OUTCOME EXIT WHY: from here on nothing keeps it from its end
  OUTCOME=$1 EXIT=$2 WHY=$3
  trap '' TERM INT HUP
  say "over: $OUTCOME $WHY"
  rm -f "$BOX/deploy-key"
  if [ -f "$BOX/trained" ] && ! all_mounted; then
    PUSHED=false RECORDED=false PROVEN=false
    WHY="$WHY; a volume is not mounted: nothing was pushed"
  elif [ -f "$BOX/trained" ]; then
    status pushing
    push
    status proving
    RECORDED=true
    record || { RECORDED=false && say "the record could not be written"; }
    prove
  fi
  [ -z "$HEART" ] || kill "$HEART" 2>/dev/null
  status ended
  touch "$BOX/ended"
  leave
}

leave() {
  if [ "$AT_END" = leave ]; then
    return
  fi
  if [ "$AT_END" = terminate ] && [ "$PROVEN" = true ]; then
    wharf instances terminate "$INSTANCE" --confirm "$INSTANCE" ${REMOTE:+--remote "$REMOTE"} --region "$REGION" -q >>"$LOG" 2>&1 && return
    say "it may not end itself: it stops"
  fi
  shutdown -h now
}

run() {
  [ ! -f "$BOX/begun" ] || exit 0
  touch "$BOX/begun"
  trap caught TERM INT HUP
  trap tell USR1
  if ! wharf --version >>"$LOG" 2>&1; then
    say "wharf itself does not run here"
    shutdown -h now
    exit 1
  fi
  status booting
  beat "$$" &
  HEART=$!
  mount_volumes || over setup 1 'a volume could not be mounted'
  fetch_uploads || over setup "$?" 'the uploads could not be fetched'
  if [ -n "$INIT" ]; then
    status init
    script "$INIT" || over init "$?" 'the init script failed'
  fi
  status code
  checkout || over code "$?" 'the code could not be checked out'
  status inputs
  inputs || over inputs "$?" 'an input is not all there: training did not begin'
  [ -z "$CAUGHT" ] || over inputs 143 ''
  touch "$BOX/trained"
  status training
  script "$TRAIN"
  over "done" "$?" ''
}

over() { # OUTCOME EXIT WHY, by what was caught meanwhile
  case "$CAUGHT:$TIME_UP:$2" in
    spot:*) finish_and_exit spot "$2" 'AWS takes the spot instance back' ;;
    ?*:*:*) finish_and_exit killed "$2" 'somebody ended it' ;;
    ::0) finish_and_exit "$1" 0 '' ;;
    :1:*) finish_and_exit time "$2" 'its time or its money was up' ;;
    *) finish_and_exit "$([ "$1" = "done" ] && echo failed || echo "$1")" "$2" "${3:-the training ended with $2}" ;;
  esac
}

finish_and_exit() {
  finish "$@"
  exit 0
}

boot() { # a later boot: the time goes on, and what was interrupted ends now
  local left
  left=$((($(cat "$BOX/deadline") - $(date +%s)) / 60))
  if [ "$HARD_MINUTES" -gt 0 ]; then
    # Somebody starts it again after its end, to look: it gets its time once more, and no longer.
    [ ! -f "$BOX/ended" ] || left=$HARD_MINUTES
    shutdown -h "+$((left > 5 ? left : 5))"
  fi
  [ ! -f "$BOX/ended" ] || exit 0
  mount_again || say "a volume could not be mounted"
  finish interrupted '' 'the instance was booted anew in the middle'
}

start() { # run | boot: a unit that is told first when the machine goes down, before the network and the volumes are away
  local one
  local -a properties=(After=network-online.target Wants=network-online.target TimeoutStopSec=10min KillMode=mixed)
  if [ ! -d "${WHARF_SYSTEMD:-/run/systemd/system}" ]; then
    "$1"
    exit
  fi
  for one in "${MOUNTS[@]}"; do
    properties+=("RequiresMountsFor=\"${one#*=*=}\"")
  done
  exec systemd-run --collect --unit=wharf-run "${properties[@]/#/--property=}" bash "$BOX/box.sh" "$1"
}

case "${1:-run}" in
  run) run ;;
  boot) boot ;;
  push) push_now ;;
  record) record ;;
  start) start "${2:-run}" ;;
  *) echo "box.sh run | boot | push | record | start run | start boot" && exit 2 ;;
esac
