#!/bin/bash
# wharf: the first boot of a run. Fetches what was put beside the run in S3, and starts it. Holds no secret.
set -u
#@VALUES@
BOX=${WHARF_BOX:-/opt/wharf-run}
IMDS=${WHARF_IMDS:-http://169.254.169.254}
# SHA-256 of no bytes, which is what a GET sends.
NOTHING=e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855

field() { # NAME: the text of a field of the JSON on stdin
  tr -d '\n' | sed -n "s/.*\"$1\" *: *\"\([^\"]*\)\".*/\1/p"
}

imds() { # PATH: asks the instance's own metadata; the token goes by stdin, not by the arguments
  local token
  token=$(curl -sf -m 5 -X PUT -H 'X-aws-ec2-metadata-token-ttl-seconds: 60' "$IMDS/latest/api/token") || return 1
  curl -sf -m 5 -K - "$IMDS/latest/$1" <<<"header = \"X-aws-ec2-metadata-token: $token\""
}

signed() { # SERVICE CURL-ARGUMENTS…: a request that the instance's role signs; the secret goes by stdin, not by the arguments
  local service=$1 id=${AWS_ACCESS_KEY_ID:-} secret=${AWS_SECRET_ACCESS_KEY:-} token=${AWS_SESSION_TOKEN:-} role told
  shift
  if [ -z "$id" ]; then
    role=$(imds meta-data/iam/security-credentials/ | head -n 1) || return 1
    told=$(imds "meta-data/iam/security-credentials/$role") || return 1
    id=$(field AccessKeyId <<<"$told")
    secret=$(field SecretAccessKey <<<"$told")
    token=$(field Token <<<"$told")
  fi
  {
    printf 'user = "%s:%s"\n' "$id" "$secret"
    [ -z "$token" ] || printf 'header = "x-amz-security-token: %s"\n' "$token"
  } | curl -gsSf -K - --aws-sigv4 "aws:amz:$REGION:$service" --retry 5 --retry-delay 2 "$@"
}

fetch() { # NAME: an object of this launch becomes a file
  if command -v aws >/dev/null; then
    aws s3 cp --only-show-errors --region "$REGION" ${AWS_ENDPOINT_URL:+--endpoint-url "$AWS_ENDPOINT_URL"} \
      "s3://$BUCKET/$PREFIX$1" "$1" && return
  fi
  signed s3 -H "x-amz-content-sha256: $NOTHING" -o "$1" "$S3$1"
}

parameter() { # NAME: the text of a parameter of SSM
  if command -v aws >/dev/null; then
    aws ssm get-parameter --region "$REGION" ${AWS_ENDPOINT_URL:+--endpoint-url "$AWS_ENDPOINT_URL"} \
      --name "$1" --with-decryption --query Parameter.Value --output text && return
  fi
  printf '%b' "$(signed ssm -H 'content-type: application/x-amz-json-1.1' -H 'x-amz-target: AmazonSSM.GetParameter' \
    -d "{\"Name\":\"$1\",\"WithDecryption\":true}" "$SSM/" | field Value)"
}

case "${1:-}" in
  parameter) parameter "$2" && exit ;;
  imds) imds "$2" && exit ;;
esac
[ -z "${1:-}" ] || exit 1
mkdir -p "$BOX" && cd "$BOX" || exit 1
# Whatever goes wrong below, the instance does not outlive its time.
if [ "$HARD_MINUTES" -gt 0 ]; then
  shutdown -h "+$HARD_MINUTES" 'wharf: the time of this run is over'
fi
echo "$(($(date +%s) + HARD_MINUTES * 60))" >"$BOX/deadline"
cp "$0" "$BOX/boot.sh"
for name in run.env box.sh wharf wharf.toml; do
  for try in 1 2 3 4 5; do
    fetch "$name" && break
    echo "wharf: $name could not be fetched (try $try)"
    sleep "$((try * 3))"
  done
  [ -s "$name" ] || { echo "wharf: nothing to run: does the role allow s3:GetObject on $BUCKET/$PREFIX?" && shutdown -h now && exit 1; }
done
chmod 700 wharf box.sh boot.sh
if [ -d /var/lib/cloud/scripts/per-boot ] && [ "$BOX" = /opt/wharf-run ]; then
  printf '#!/bin/bash\nexec bash %s/box.sh start boot\n' "$BOX" >/var/lib/cloud/scripts/per-boot/wharf-run
  chmod 700 /var/lib/cloud/scripts/per-boot/wharf-run
fi
exec bash "$BOX/box.sh" start run
