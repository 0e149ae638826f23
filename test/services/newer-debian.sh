#!/usr/bin/env bash
# Installs packages of a newer Debian suite beside the system, without touching it:
#
#     newer-debian.sh SUITE DEST PACKAGE...
#
# The packages and their whole library closure are unpacked below DEST, and every program there is
# patched to use DEST's own loader and libraries, so DEST/usr/bin/PROGRAM runs directly on an older
# Debian. Needs apt and patchelf. DEST must stay where it is: the patched paths are absolute.
set -euo pipefail
suite=$1
mkdir -p "$2"
dest=$(cd "$2" && pwd)
shift 2

# apt with a state of its own, using the mirror the system uses.
state=$dest/.apt
mkdir -p "$state/lists/partial" "$state/archives/partial"
: >"$state/status"
mirror=$(apt-get indextargets --format '$(REPO_URI)' 'Created-By: Packages' | grep '/debian/*$' | head -n 1)
echo "deb [signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] $mirror $suite main" >"$state/sources.list"
cat >"$state/apt.conf" <<CONF
Dir::Etc::sourcelist "$state/sources.list";
Dir::Etc::sourceparts "/dev/null/none";
Dir::State::lists "$state/lists";
Dir::State::status "$state/status";
Dir::Cache "$state";
APT::Sandbox::User "root";
CONF
export APT_CONFIG=$state/apt.conf
apt-get update -qq
apt-get install -y -qq --no-install-recommends --download-only "$@" >/dev/null
for package in "$state"/archives/*.deb; do
  dpkg-deb --fsys-tarfile "$package" | tar -x -C "$dest" --keep-directory-symlink --no-same-owner
done
rm -rf "$state"

triplet=$(uname -m)-linux-gnu
libraries=$dest/usr/lib/$triplet
[ -e "$libraries/libc.so.6" ] || libraries=$dest/lib/$triplet
loader=$(find "$libraries" -maxdepth 1 -name 'ld-linux-*.so.*' | head -n 1)

is_elf() { [ "$(head -c 4 "$1" | tail -c 3)" = ELF ]; }

find "$dest/usr/bin" "$dest/usr/sbin" "$dest/usr/libexec" "$dest/usr/lib/nix" -type f -perm -u+x 2>/dev/null |
  while read -r program; do
    is_elf "$program" && patchelf --print-interpreter "$program" >/dev/null 2>&1 || continue
    patchelf --set-interpreter "$loader" --force-rpath --set-rpath "$libraries:$libraries/ceph:$libraries/nix" "$program"
  done

# A library with a RUNPATH of its own would not look where its program says.
find "$libraries" -name '*.so*' -type f |
  while read -r library; do
    [ -z "$(patchelf --print-rpath "$library" 2>/dev/null)" ] || patchelf --remove-rpath "$library"
  done
