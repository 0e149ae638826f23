#!/bin/sh
# A post-build hook for Nix that only hands over, as enqueue-upload does, without Node.js: it drops
# what was built into the queue of every target, for the service upload-queue to publish.
#
# Any POSIX shell, with ln, sync, mv, sed and rm. It starts sed, and four programs for each target:
# starting them, and the disk, is what takes time.

# No globbing, and no file is written that is there.
set -fC
# Files are for the group of the queue. Not chmod: that would follow a link that a member put there.
umask 007
LC_ALL=C
# The PATH of a service may say nothing of the programs that are needed.
PATH=${PATH:-}:/run/current-system/sw/bin:/nix/var/nix/profiles/default/bin:/usr/local/bin:/usr/bin:/bin
export LC_ALL PATH
# Standard input may be the stream of the daemon. Where Nix listens one line is said, at the end.
exec </dev/null 3>&2 >/dev/null 2>&1
trap '' PIPE

newline='
'
problems=
add_problem() {
  problems=$problems${problems:+; }$1
}

# --- settings -------------------------------------------------------------------------------------

queue_dir=/var/spool/nix-upload
roots_dir=/nix/var/nix/gcroots/nix-upload
strict=false
tags=

trim() {
  trimmed=${1#"${1%%[![:space:]]*}"}
  trimmed=${trimmed%"${trimmed##*[![:space:]]}"}
}

conf=${0%.sh}.conf
# Read, not sourced: what is in it is never run.
read_settings() {
  number=0
  while IFS= read -r line || [ -n "$line" ]; do
    number=$((number + 1))
    case $line in
      '#'*) continue ;;
      *[[:space:]]'#'*) line=${line%%[[:space:]]#*} ;;
    esac
    trim "$line"
    line=$trimmed
    [ -n "$line" ] || continue
    name=
    case $line in
      *=*) trim "${line%%=*}" && name=$trimmed ;;
    esac
    trim "${line#*=}"
    value=$trimmed
    case $name=$value in
      queue-dir=/*) queue_dir=$value ;;
      gc-roots-dir=/*) roots_dir=$value ;;
      queue-dir=* | gc-roots-dir=*) add_problem "$conf, line $number: $name must be an absolute path" ;;
      strict=true | strict=false) strict=$value ;;
      strict=*) add_problem "$conf, line $number: strict must be true or false" ;;
      tags=*[!0-9A-Za-z._:/@+=[:space:]-]*) add_problem "$conf, line $number: tags must be words of 0-9 a-z A-Z . _ : / @ + = -" ;;
      tags=*) tags=$value ;;
      *) add_problem "$conf, line $number: expected 'name = value' with one of queue-dir, gc-roots-dir, strict, tags" ;;
    esac
  done <"$conf"
}
if [ -f "$conf" ] && [ -r "$conf" ]; then
  read_settings
elif [ -e "$conf" ]; then
  add_problem "cannot read $conf"
fi

# Not longer than a build may be kept waiting.
if command -v timeout; then
  bounded() { timeout 5 "$@"; }
else
  bounded() { "$@"; }
fi

# --- what was built -------------------------------------------------------------------------------

# Only what can be nothing else goes into a file.
is_store_path() {
  hash=${1##*/}
  hash=${hash%%-*}
  case $1 in
    *[!0-9A-Za-z+._?=/@%,:~-]* | [!/]*) hash= ;;
  esac
  case $hash in
    *[!0-9abcdfghijklmnpqrsvwxyz]*) ;;
    ????????????????????????????????) return 0 ;;
  esac
  add_problem "invalid store path '$1'"
  return 1
}

paths=
add_paths() {
  for path; do
    is_store_path "$path" || continue
    case " $paths " in
      *" $path "*) ;;
      *) paths=$paths${paths:+ }$path ;;
    esac
  done
}

# Both are taken: OUT_PATHS is empty in Nix 2.8.0, and where the daemon's own environment has such a
# variable, Nix leaves that in place of the truth. The .drv file cannot be overruled so.
drv=${DRV_PATH:-}
given=${OUT_PATHS:-}
if [ -z "$drv$given" ]; then
  add_problem 'neither DRV_PATH nor OUT_PATHS is set: to be run by Nix, as its post-build-hook'
fi
outputs_in_file() {
  # ("dev","/nix/store/...","",""),("out",...): every fourth text is a path, empty where the file does not say.
  tuples=$(sed -n '1{s/^[^[]*\[//;s/\],\[.*//;p;}' "$drv") || return
  known=
  while :; do
    case $tuples in
      '("'*'","'*) ;;
      *) break ;;
    esac
    tuples=${tuples#*'","'}
    case $tuples in
      '"'*) known= && return ;;
    esac
    known="$known ${tuples%%\"*}"
    case $tuples in
      *'),('*) tuples=${tuples#*'),'} ;;
      *) break ;;
    esac
  done
}
# Whether $given has the names of outputs of $drv; not so when there are none.
given_is_ours() {
  name=${drv##*/}
  name=${name#*-}
  name=${name%.drv}
  [ -n "$given" ] || return 1
  for path in $given; do
    path=${path##*/}
    case ${path#*-} in
      "$name" | "$name"-*) ;;
      *) return 1 ;;
    esac
  done
}
# Of Nix before 2.13 without the `^*`, which later gives the derivation itself.
path_info() {
  bounded nix --extra-experimental-features nix-command --offline path-info "$1"
}
if [ -n "$drv" ] && is_store_path "$drv"; then
  known=
  [ -r "$drv" ] && outputs_in_file
  # Of a content-addressed derivation the file does not say; OUT_PATHS then does, if it is of this build.
  if [ -z "$known" ] && ! given_is_ours; then
    known=$(path_info "$drv^*" || path_info "$drv")
    [ "$known" != "$drv" ] || known=
    [ -n "$known" ] || add_problem "no outputs of $drv: neither the file nor Nix says them"
  fi
  add_paths $known
else
  drv=
fi
add_paths $given

# --- queueing -------------------------------------------------------------------------------------

# Runs "$2"...; what fails is run once more, for the reason.
attempt() {
  doing=$1
  shift
  "$@" && return
  reason=$("$@" 2>&1) || add_problem "$doing: ${reason##*"$newline"}"
}

# The root of the garbage collector comes first: from then on a path stays, and the service finds it
# even if the entry never came to be.
make_roots() {
  set --
  for path in $paths; do
    [ -L "$roots_dir/$target/${path##*/}" ] || set -- "$@" "$path"
  done
  # Into the directory, not by name: a root that another process makes meanwhile stays.
  [ $# = 0 ] || ln -s "$@" "$roots_dir/$target/"
}

# A name that nobody knows before, for the directory is not ours alone.
new_name() {
  IFS= read -r random </proc/sys/kernel/random/uuid || random=$(mktemp -u XXXXXXXXXXXXXXXX)
}

drop_entries() {
  spool=$queue_dir/$target
  version=
  [ ! -f "$spool/version" ] || IFS= read -r version <"$spool/version"
  if [ "$version" != 'narkit-spool 1' ]; then
    echo "$spool is no queue that this program knows, or not for this user"
    return 1
  fi
  # The roots are written along.
  also=$roots_dir/$target
  [ -d "$also" ] || also=$spool/tmp
  set --
  for path in $paths; do
    new_name
    entry=$spool/tmp/sh.$random
    set -- "$@" "$entry"
    printf 'key %s\n%send\n' "$path" "$more" >"$entry" || {
      rm -f "$@"
      return 1
    }
  done
  # Written, then named, then that is written too: a crash leaves an entry whole or none.
  bounded sync "$@" "$also" && mv -f "$@" "$spool/new/" && bounded sync "$spool/new" && return
  rm -f "$@"
  return 1
}

more=
for tag in $tags; do more="${more}tag $tag$newline"; done
[ -z "$drv" ] || more="${more}data {\"drvPath\":\"$drv\"}$newline"

# Sets $targets to the names of directories in $1 that have $2.
targets_in() {
  targets=
  wanted=$2
  set +f
  set -- "$1"/*/
  set -f
  for directory; do
    target=${directory%/}
    target=${target##*/}
    case $target in
      '' | [!a-z0-9]* | *[!a-z0-9-]*) continue ;;
    esac
    # Without `version` it was not set up to the end; one that we may not look into is to be told.
    if [ -e "$directory$wanted" ] || [ ! -x "$directory" ]; then targets="$targets $target"; fi
  done
}

if [ -n "$paths" ]; then
  targets_in "$queue_dir" version
  if [ -n "$targets" ]; then
    for target in $targets; do
      attempt "no garbage collector roots for '$target'" make_roots
      attempt "not queued for '$target'" drop_entries
    done
  else
    # Not mounted, or not for us: roots alone let the service find the paths once it is.
    add_problem "not queued: there is no queue of a target in $queue_dir, or not for this user"
    targets_in "$roots_dir" .
    for target in $targets; do attempt "no garbage collector roots for '$target'" make_roots; done
  fi
fi

[ -n "$problems" ] || exit 0
printf '%s\n' "enqueue-upload: $problems" >&3
[ "$strict" = false ]
