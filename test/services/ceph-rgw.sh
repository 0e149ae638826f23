#!/usr/bin/env bash
# Starts a private one-node Ceph with its S3 gateway, on 127.0.0.1 only, for tests.
#
#   ceph-rgw.sh start DIR [PORT [MON_PORT]]   returns when S3 answers (2 s or so), prints the endpoint
#   ceph-rgw.sh stop  DIR                     ends the servers that `start DIR` began; the objects are gone
#
# PORT (default 7480) is the gateway's; the monitor takes MON_PORT (default PORT+1) and MON_PORT+1.
# Needs radosgw, ceph-mon and ceph-osd in PATH (Debian: packages of these names), no root, no manager
# daemon. Objects live in memory. The logs and the configuration stay in DIR after `stop`.
#
# Environment:
#   CEPH_OWNER_PID=N      end the servers by themselves when process N is gone
#   RGW_MAX_CONCURRENT=N  more simultaneous requests than N are answered 503 SlowDown (default 1024)
#   CEPH_ROOT=DIR         use the programs and plug-ins below DIR instead of the system's
#
# Users: tester (TESTACCESSKEY0000001 / testsecretkey0000000000000000000000000001), the owner of what tests
# create, and reader (the same with 2 as the last digit), who may nothing. Virtual hosts: BUCKET.s3.localhost.
set -euo pipefail

usage() {
  sed -n '2,/^set -euo/{/^set/d;s/^# \{0,1\}//;p;}' "$0" >&2
  exit 2
}
command=${1:-} dir=${2:-}
[ -n "$dir" ] || usage

# A pid file may outlive its process, and the number be another's by now: the command line tells.
ours() { tr '\0' ' ' <"/proc/$1/cmdline" 2>/dev/null | grep -qF -- "-c $dir/ceph.conf "; }

stop() {
  local name pid
  # The gateway last: when its port is closed, everything has ended.
  for name in mon osd rgw; do
    pid=$(cat "$dir/$name.pid" 2>/dev/null) || continue
    # Nothing of memory is worth saving, and radosgw would take 5 s to go by itself; a stopped process
    # (kill -STOP) heeds no other signal.
    if ours "$pid"; then kill -9 "$pid" 2>/dev/null || true; fi
    rm -f "$dir/$name.pid"
  done
  rm -rf "$dir/mon" "$dir/osd" "$dir/run"
}

case $command in
  stop)
    [ -f "$dir/ceph.conf" ] || { echo "ceph-rgw.sh: nothing was started in $dir" >&2; exit 1; }
    dir=$(cd "$dir" && pwd)
    stop
    exit 0
    ;;
  start) ;;
  *) usage ;;
esac

port=${3:-7480}
mon_port=${4:-$((port + 1))}
mkdir -p "$dir"
dir=$(cd "$dir" && pwd)
mkdir -p "$dir"/{mon,osd,run}
root=${CEPH_ROOT:-}
[ -z "$root" ] || PATH=$root/usr/bin:$root/usr/sbin:$PATH
lib=$(ls -d "$root"/usr/lib/*/ceph "$root"/usr/lib64/ceph 2>/dev/null | head -n 1) || true
lib=${lib:-$root/usr/lib/ceph}
uuid() { cat /proc/sys/kernel/random/uuid; }
fsid=$(uuid)

# `ms mon client mode = crc`: without it radosgw insists on encryption, which needs keys we do not make.
# The paxos intervals take the start from 45 s to 2 s. `tcp_nodelay=1` saves 40 ms a small answer.
# Pools have one copy in one placement group: there is one OSD.
cat >"$dir/ceph.conf" <<CONF
[global]
fsid = $fsid
mon host = [v2:127.0.0.1:$mon_port,v1:127.0.0.1:$((mon_port + 1))]
public addr = 127.0.0.1
cluster addr = 127.0.0.1
auth cluster required = none
auth service required = none
auth client required = none
auth supported = none
ms bind ipv6 = false
ms mon client mode = crc
run dir = $dir/run
admin socket =
log file = $dir/\$name.log
mon cluster log file = $dir/cluster.log
crash dir = $dir
plugin dir = $lib
erasure code dir = $lib/erasure-code
osd class dir = $(dirname "$lib")/rados-classes
osd pool default size = 1
osd pool default min size = 1
osd pool default pg num = 1
osd pool default pgp num = 1
osd pool default pg autoscale mode = off
osd crush chooseleaf type = 0
mon allow pool size one = true
mon data avail warn = 1
mon data avail crit = 0
mon pg warn min per osd = 0
mon max pg per osd = 1000
paxos propose interval = 0.05
paxos min wait = 0.01
osd failsafe full ratio = .995
mon osd full ratio = .99
mon osd nearfull ratio = .98
mon osd backfillfull ratio = .985
[mon]
mon data = $dir/mon
[osd]
osd data = $dir/osd
osd objectstore = memstore
memstore device bytes = 4294967296
osd memory target = 939524096
osd class load list = *
osd class default list = *
[client.rgw]
rgw frontends = beast endpoint=127.0.0.1:$port tcp_nodelay=1
rgw max concurrent requests = ${RGW_MAX_CONCURRENT:-1024}
rgw dns name = s3.localhost
rgw enable usage log = false
rgw relaxed s3 bucket names = false
rgw thread pool size = 32
CONF
conf=(-c "$dir/ceph.conf")

fail() {
  echo "ceph-rgw.sh: $1; see the .out and .log files in $dir" >&2
  stop
  exit 1
}
# Runs a server that outlives this script and holds none of its pipes.
serve() {
  local name=$1
  shift
  "$@" -f </dev/null >"$dir/$name.out" 2>&1 &
  echo $! >"$dir/$name.pid"
}
admin() { timeout 30 radosgw-admin "${conf[@]}" -n client.rgw "$@" >>"$dir/admin.out" 2>&1; }
user() {
  admin user create --uid="$1" --display-name="$1" --access-key="TESTACCESSKEY000000$2" \
    --secret-key="testsecretkey000000000000000000000000000$2"
}

monmaptool --create --clobber --fsid "$fsid" \
  --addv a "[v2:127.0.0.1:$mon_port,v1:127.0.0.1:$((mon_port + 1))]" "$dir/monmap" >/dev/null
osdmaptool --createsimple 1 --clobber "$dir/osdmap" >/dev/null 2>&1
ceph-mon "${conf[@]}" --mkfs -i a --monmap "$dir/monmap" --osdmap "$dir/osdmap" >"$dir/mkfs.out" 2>&1 ||
  fail 'the monitor could not be made'
serve mon ceph-mon "${conf[@]}" -i a
ceph-osd "${conf[@]}" --mkfs -i 0 --osd-uuid "$(uuid)" >>"$dir/mkfs.out" 2>&1 || fail 'the OSD could not be made'
serve osd ceph-osd "${conf[@]}" -i 0
user tester 1 || fail 'no user could be made'
user reader 2 || fail 'no user could be made'
# A second storage class must be known before the gateway starts.
class=(--placement-id default-placement --storage-class STANDARD_IA)
admin zonegroup placement add --rgw-zonegroup default "${class[@]}" || fail 'no storage class could be made'
admin zone placement add --rgw-zone default "${class[@]}" --data-pool default.rgw.ia.data ||
  fail 'no storage class could be made'
serve rgw radosgw "${conf[@]}" -n client.rgw

# Bash's own TCP: no curl needed.
answers() {
  (
    exec 3<>"/dev/tcp/127.0.0.1/$port"
    printf 'GET / HTTP/1.0\r\n\r\n' >&3
    read -r -t 5 line <&3
    [[ $line == HTTP/*' 200 '* ]]
  ) 2>/dev/null
}
for ((i = 0; i < 300; i++)); do
  kill -0 "$(cat "$dir/rgw.pid")" 2>/dev/null || fail 'radosgw ended at once'
  if answers; then
    if [ -n "${CEPH_OWNER_PID:-}" ]; then
      # The pid file is gone after a `stop`, and then the watch has nothing left to do.
      (while kill -0 "$CEPH_OWNER_PID" && [ -f "$dir/rgw.pid" ]; do sleep 1; done; stop) </dev/null >/dev/null 2>&1 &
    fi
    echo "S3 endpoint http://127.0.0.1:$port"
    exit 0
  fi
  sleep 0.1
done
fail 'S3 does not answer'
