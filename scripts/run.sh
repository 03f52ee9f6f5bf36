#!/usr/bin/env bash
# The first minute of a newcomer: serves, transcribes one recording over the API, goes on serving.
#
#   run.sh HOST:PORT
#
# The server is a child of this script and is stopped with it, however it ends. Its log waits in a file while the
# demonstration is on the screen, and is followed from then on.
set -euo pipefail
cd "$(dirname "$0")/.."

listen=$1
url=http://$listen
sample=samples/meeting.mp3

bold=$(tput bold 2>/dev/null || true)
plain=$(tput sgr0 2>/dev/null || true)

log=$(mktemp)
target/release/minuted serve --listen "$listen" 2>"$log" &
server=$!

# A second signal would only interrupt the wait: the server drains by itself, within its own bound.
stop() {
    trap '' INT TERM
    kill -TERM "$server" 2>/dev/null || true
    wait || true
    rm -f "$log"
}
trap stop EXIT
trap 'exit 0' INT TERM

# The log says why.
fail() {
    cat "$log" >&2
    exit 1
}

until curl --silent --fail --output /dev/null "$url/readyz"; do
    kill -0 "$server" 2>/dev/null || fail
    sleep 0.1
done

# It asks for keys as soon as it knows one.
if [ "$(curl --silent --output /dev/null --write-out '%{http_code}' "$url/v1/models")" = 401 ]; then
    printf '\nThis server asks for API keys: there is no demonstration, and what follows needs one too.\n'
else
    printf '\n%sPOST /v1/audio/transcriptions, %s:%s\n\n' "$bold" "$sample" "$plain"
    answer=$(curl --silent --show-error --fail-with-body "$url/v1/audio/transcriptions" \
        --form file=@"$sample" --form model=whisper-1 --form response_format=text --write-out '\n%{time_total}') ||
        { echo "$answer" >&2 && fail; }
    printf '%s' "${answer%$'\n'*}"
    # The server has decoded nothing else yet; its samples are 16 kHz.
    curl --silent --show-error --fail "$url/metrics" | awk -v took="${answer##*$'\n'}" '
        $1 == "minuted_audio_decoded_samples_total" {
            audio = $2 / 16000
            printf "\n(%.1f s for %.0f s of audio, %.0f times real time)\n", took, audio, audio / took
        }'
fi

cat <<END

${bold}It serves on $url until Ctrl-C. Try next, in another terminal:${plain}

    curl $url/v1/audio/transcriptions -F file=@$sample -F model=whisper-1 -F response_format=srt

or from Python (pip install openai):

    from openai import OpenAI
    client = OpenAI(base_url="$url/v1", api_key="unused")
    with open("$sample", "rb") as recording:
        answer = client.audio.transcriptions.create(model="whisper-1", file=recording)
    print(answer.text)

The API as a page: $url/docs. A real model: target/release/minuted models pull whisper-base.en

The server's log:

END
tail --lines=+1 --follow --pid="$server" "$log" &
wait "$server"
