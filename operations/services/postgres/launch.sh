#!/bin/sh
# Run a command as `postgres` inside the Debian folder, with the instance's data bound at /srv.
# Called under `unshare --mount`: the mounts live and die with this process, whose pid the command keeps.
# usage: launch.sh ROOTFS DATA COMMAND [ARGUMENT...]
set -eu
rootfs=$1
data=$2
shift 2
mount --rbind /dev "$rootfs/dev"
mount --rbind /proc "$rootfs/proc"
mount --bind "$data" "$rootfs/srv"
exec chroot --userspec=postgres:postgres "$rootfs" "$@"
