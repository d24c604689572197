# node.sh ROOT: makes a node of kind out of a Debian with kind's files in it.
root=$1
chmod 755 "$root"/usr/local/bin/* "$root/kind" "$root/kind/bin" "$root"/kind/bin/*
for name in kubelet kubeadm kubectl; do ln -sf kubebed "$root/usr/bin/$name"; done
mkdir -p "$root/etc/kubernetes/manifests" "$root/opt/cni/bin"
cp "$root"/usr/lib/cni/* "$root/opt/cni/bin/"
for name in containerd ctr; do ln -sf "/usr/bin/$name" "$root/usr/local/bin/$name"; done
# A unit that asks for a negative OOM score or a higher limit does not start where
# root lacks CAP_SYS_RESOURCE.
sed -i -e '/^OOMScoreAdjust/d' -e '/^Limit/d' "$root/etc/systemd/system/containerd.service"
systemd=$root/lib/systemd/system
rm -f "$systemd/sysinit.target.wants/systemd-tmpfiles-setup.service" "$systemd"/multi-user.target.wants/* \
  "$root"/etc/systemd/system/*.wants/* "$systemd"/local-fs.target.wants/* "$systemd"/sockets.target.wants/*udev* \
  "$systemd"/sockets.target.wants/*initctl* "$systemd"/basic.target.wants/*
echo ReadKMsg=no >>"$root/etc/systemd/journald.conf"
chroot "$root" systemctl enable kubelet.service containerd.service undo-mount-hacks.service
chroot "$root" systemctl mask systemd-binfmt.service
