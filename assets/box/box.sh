#!/bin/bash
# wharf: a run on its instance. Prepares, trains, and whatever the end pushes the outputs, records what stands here and proves it.
#   box.sh run      all of it
#   box.sh boot     at each later boot: what was interrupted is brought to its end
#   box.sh record   records the outputs afresh (asked for by wharf wrap-up)
set -u
BOX=${WHARF_BOX:-/opt/wharf-run}
# shellcheck source=/dev/null
. "$BOX/run.env"
export WHARF_CONFIG="$BOX/wharf.toml" WHARF_STATE="$BOX/state" WHARF_BOX="$BOX" WHARF_RUN="$RUN" WHARF_LAUNCH="$LAUNCH"
export PATH="$BOX:$PATH" AWS_REGION="$REGION" HOME="${HOME:-/root}"
LOG="$BOX/log.txt"
WORK="$BOX/upload"
IMDS=${WHARF_IMDS:-http://169.254.169.254}
INSTANCE=${WHARF_INSTANCE:-$(bash "$BOX/boot.sh" imds meta-data/instance-id)}
STATE=booting OUTCOME='' EXIT='' WHY='' PUSHED=null PROVEN=null COMMIT='' CAUGHT='' TRAINING='' HEART=''
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
    printf '"outcome":%s,"exit":%s,"why":%s,"pushed":%s,"proven":%s,"commit":%s,' \
      "$(quoted "$OUTCOME")" "${EXIT:-null}" "$(quoted "$WHY")" "$PUSHED" "$PROVEN" "$(quoted "$COMMIT")"
    printf '"began":%s,"at":%s}\n' "$(quoted "$BEGAN")" "$(quoted "$(date -u +%Y-%m-%dT%H:%M:%SZ)")"
  } >"$BOX/status.json"
  put "$BOX/status.json" status.json || say "the status could not be told"
  tail -c 262144 "$LOG" >"$BOX/log-tail.txt"
  put "$BOX/log-tail.txt" log.txt || true
}

beat() { # tells now and then that it lives, and looks for the notice of a spot instance
  local n=0 token
  while sleep 5; do
    if [ "$SPOT" = 1 ]; then
      token=$(curl -sf -m 2 -X PUT -H 'X-aws-ec2-metadata-token-ttl-seconds: 60' "$IMDS/latest/api/token")
      if curl -sf -m 2 -H "X-aws-ec2-metadata-token: $token" "$IMDS/latest/meta-data/spot/instance-action" >/dev/null; then
        echo spot >"$BOX/caught"
        kill -TERM "$1"
        return
      fi
    fi
    n=$((n + 1))
    [ "$((n % 12))" -ne 0 ] || kill -USR1 "$1" 2>/dev/null || return
  done
}

caught() { # a word from outside that it is over: training is told, and the outputs are pushed
  CAUGHT=$(cat "$BOX/caught" 2>/dev/null || echo killed)
  [ -z "$TRAINING" ] || kill -TERM "$TRAINING" 2>/dev/null
}

find_script() { # NAME: where it is, beside the uploads or in the code
  local place
  for place in "$BOX/upload/$1" "$BOX/code/$1"; do
    [ ! -f "$place" ] || { echo "$place" && return; }
  done
  say "$1 is neither among the uploads nor in the code"
  return 1
}

mount_volumes() { # DEVICE=SIZE=FOLDER…: formats what is empty, mounts
  local one device size folder found
  for one in "${MOUNTS[@]}"; do
    IFS='=' read -r device size folder <<<"$one"
    found=$(device_of "$device" "$size") || { say "no disk is $device" && return 1; }
    if [ -z "$(lsblk -no FSTYPE "$found")" ]; then
      say "$found ($device) is empty: formatting it"
      mkfs.ext4 -q "$found" >>"$LOG" 2>&1 || return 1
    fi
    mkdir -p "$folder"
    mount "$found" "$folder" >>"$LOG" 2>&1 || return 1
  done
}

device_of() { # DEVICE GIB: the name that the kernel gave it; newer instances name disks themselves
  local name
  for name in "$1" "${1/sd/xvd}"; do
    [ ! -b "$name" ] || { readlink -f "$name" && return; }
  done
  lsblk -bdnpo NAME,SIZE,TYPE | while read -r name size kind; do
    if [ "$kind" = disk ] && [ "$size" = "$(($2 * 1073741824))" ] && [ "$(lsblk -no NAME "$name" | wc -l)" = 1 ] &&
      [ -z "$(lsblk -no MOUNTPOINT "$name" | tr -d '[:space:]')" ]; then
      echo "$name"
    fi
  done | grep -m 1 .
}

fetch_uploads() {
  mkdir -p "$BOX/upload"
  [ "$UPLOADS" = 0 ] || wharf sync "${LAUNCHED}upload" "$BOX/upload" --yes -q >>"$LOG" 2>&1
}

checkout() {
  [ -n "$REPOSITORY" ] || return 0
  if [ -n "$DEPLOY_KEY" ]; then
    (umask 077 && bash "$BOX/boot.sh" parameter "$DEPLOY_KEY" >"$BOX/deploy-key") || return 1
    [ -s "$BOX/deploy-key" ] || { say "the parameter $DEPLOY_KEY could not be read" && return 1; }
    echo >>"$BOX/deploy-key"
    export GIT_SSH_COMMAND="ssh -i $BOX/deploy-key -o IdentitiesOnly=yes -o StrictHostKeyChecking=accept-new"
  fi
  rm -rf "$BOX/code"
  git clone -q ${BRANCH:+--branch "$BRANCH"} -- "$REPOSITORY" "$BOX/code" >>"$LOG" 2>&1 || return 1
  if [ -n "$COMMIT_WANTED" ]; then
    git -C "$BOX/code" checkout -q --detach "$COMMIT_WANTED" >>"$LOG" 2>&1 || return 1
  fi
  COMMIT=$(git -C "$BOX/code" rev-parse HEAD) || return 1
  rm -f "$BOX/deploy-key"
  local name
  for name in "${OVERRIDES[@]}"; do
    mkdir -p "$BOX/code/$(dirname "$name")"
    cp -a "$BOX/upload/$name" "$BOX/code/$name" >>"$LOG" 2>&1 || return 1
  done
  WORK="$BOX/code"
}

script() { # NAME SECONDS: runs it in the work's folder; 0 seconds are no limit
  local file code
  file=$(find_script "$1") || return 127
  (cd "$WORK" && exec timeout --signal=TERM --kill-after=60 "$2" bash "$file") >>"$LOG" 2>&1 &
  TRAINING=$!
  # A word from outside ends the waiting, not what is waited for.
  while
    wait "$TRAINING"
    code=$?
    [ "$code" -gt 128 ] && kill -0 "$TRAINING" 2>/dev/null
  do :; done
  TRAINING=''
  return "$code"
}

inputs() { # pulled and proven, or training does not begin
  local name
  for name in "${INPUTS[@]}"; do
    wharf pull "$name" --yes -q >>"$LOG" 2>&1 || return 1
    wharf verify "$name" -q >>"$LOG" 2>&1 || return 1
  done
}

record() { # what stands here of the outputs, with checksums, put beside the run
  local name bad=0
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
  if [ -f "$BOX/trained" ]; then
    status pushing
    push
    status proving
    record || say "the record could not be written"
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
  mount_volumes || finish_and_exit setup '' 'a volume could not be mounted'
  fetch_uploads || finish_and_exit setup '' 'the uploads could not be fetched'
  if [ -n "$INIT" ]; then
    status init
    script "$INIT" "$TRAIN_SECONDS" || over init "$?" 'the init script failed'
  fi
  status code
  checkout || finish_and_exit code '' 'the code could not be checked out'
  status inputs
  inputs || finish_and_exit inputs '' 'an input is not all there: training did not begin'
  touch "$BOX/trained"
  status training
  script "$TRAIN" "$TRAIN_SECONDS"
  over "done" "$?" ''
}

over() { # OUTCOME EXIT WHY, by what was caught meanwhile
  case "$CAUGHT:$2" in
    spot:*) finish_and_exit spot "$2" 'AWS takes the spot instance back' ;;
    ?*:*) finish_and_exit killed "$2" 'somebody ended it' ;;
    :0) finish_and_exit "$1" 0 '' ;;
    :124) finish_and_exit time 124 'its time or its money was up' ;;
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
  if [ "$HARD_MINUTES" -gt 0 ] && [ ! -f "$BOX/ended" ]; then
    shutdown -h "+$((left > 5 ? left : 5))"
  fi
  [ ! -f "$BOX/ended" ] || exit 0
  mount_volumes || say "a volume could not be mounted"
  finish interrupted '' 'the instance was booted anew in the middle'
}

case "${1:-run}" in
  run) run ;;
  boot) boot ;;
  record) record ;;
  *) echo "box.sh run | boot | record" && exit 2 ;;
esac
