#!/usr/bin/env bash
# base.sh TAG: imports an image out of this machine's own node, JVM and shell tools, since no registry of images is reached.
set -euo pipefail
tag=$1
docker image inspect "$tag" >/dev/null 2>&1 && exit 0
root=$(mktemp -d)
trap 'rm -rf "$root"' EXIT
mkdir -p "$root"/{tmp,root,run,proc,sys,dev,usr/bin,usr/sbin}
chmod 755 "$root"
chmod 1777 "$root/tmp"
ln -s usr/bin usr/sbin "$root"
jvm=$(dirname "$(dirname "$(readlink -f "$(type -P java)")")")
bins=$(for bin in bash sh env cat ls cp mv rm mkdir chmod ln sleep date head tail wc grep sed awk sort find tr tee id kill ps \
  timeout hostname uname dirname basename nohup getent touch dd df ip tc iptables node; do type -P $bin || true; done)
libs=$(ldd $bins $(find "$jvm/lib" -name '*.so') 2>/dev/null | grep -oE '/[^ :]+\.so[^ :]*' | grep -v "^$jvm" | sort -u)
plugins=$(ls /lib/*/libnss_{dns,files}.so.2 /usr/lib/*/xtables/*.so 2>/dev/null || true)
printf '%s\n' $bins $libs $plugins "$jvm"/{bin,conf,lib} /etc/{passwd,group,nsswitch.conf} | sed 's,^/,,' |
  tar -C / -ch --exclude=src.zip --exclude=ct.sym -T - | tar -C "$root" -x
tar -C "$root" --numeric-owner -c . |
  docker import -c "ENV PATH=$jvm/bin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin" - "$tag" >/dev/null
