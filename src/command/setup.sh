#!/bin/sh
# Changes the machine for wcp-tiny install, uninstall, reload and setup-config-based-permissions. The
# program (setup.c) writes this script to a temporary directory, beside the files of rootfs/ (whose names
# have % for /) and, when they are to be put in place, the files config, sudoers and drop-in.
#
#   setup.sh COMMAND
#
# Variables: PROGRAM is the path of the program, PID that of the running agent or 0. START and PURGE mean
# "yes" when they are not empty.

here=${0%/*}
user=aws-wcp group=awscreds
name=aws-workload-credentials-provider
package=/usr/lib/wcp-tiny/package
etc=/etc/$name service=$name-acm.service script=/etc/init.d/S49wcp-tiny
drop_in=/etc/systemd/system/$service.d
home=/opt/aws/workload-credentials-provider
status=0 changed=

trap 'rm -rf "$here"' EXIT
trap 'exit 1' HUP INT TERM
umask 022

problem() {
	echo "wcp-tiny: $*" >&2
	status=1
}

systemd_runs() {
	[ -d /run/systemd/system ]
}

# True also for an image that will boot with systemd.
systemd() {
	systemd_runs || [ -d /etc/systemd/system ]
}

# attributes PATH OWNER GROUP MODE: true when PATH has this owner, group and mode.
attributes() {
	[ -n "$(find "$1" -prune -user "$2" -group "$3" -perm "$4" 2> /dev/null)" ]
}

# place SOURCE TARGET MODE [GROUP [CHECKER]]: replaces TARGET by rename, unless it is equal already.
# CHECKER is a command that accepts or rejects the new file.
place() {
	if [ ! -L "$2" ] && cmp -s "$1" "$2" && attributes "$2" 0 "${4:-0}" "$3"; then
		echo "$2: unchanged"
		return
	fi
	new=${2%/*}/.wcp-tiny.new
	if mkdir -p "${2%/*}" && rm -f "$new" && (umask 077 && cat "$1" > "$new") &&
		chown "0:${4:-0}" "$new" && chmod "$3" "$new" && ${5:-:} "$new" &&
		{ sync "$new" 2> /dev/null || sync; } && mv -f "$new" "$2"; then
		echo "$2: written"
		changed=yes
	else
		rm -f "$new"
		problem "$2 was not written: see above. On a read-only system make it part of the image:" \
			"make install DESTDIR=..."
	fi
}

# directory PATH OWNER GROUP MODE: creates PATH, or corrects it. It must not be a symbolic link, which the
# agent's user could have made.
directory() {
	if attributes "$@"; then
		echo "$1: unchanged"
	elif [ ! -L "$1" ] && mkdir -p "$1" && chown "$2:$3" "$1" && chmod "$4" "$1"; then
		echo "$1: created"
		changed=yes
	else
		problem "$1 was not created: see above, and check that it is not a symbolic link"
	fi
}

remove() {
	for path in "$@"; do
		if [ -d "$path" ] && [ ! -L "$path" ]; then
			rmdir "$path" 2> /dev/null || { echo "$path: kept: it is not empty" && continue; }
		elif [ -e "$path" ] || [ -L "$path" ]; then
			rm -f "$path" || { problem "$path was not removed" && continue; }
		else
			continue
		fi
		echo "$path: removed"
	done
}

append() {
	{ [ -z "$(tail -c 1 "$1")" ] || echo >> "$1"; } && echo "$2" >> "$1"
}

# add_user GROUP USER HOME: for systems without useradd, and often without busybox's adduser.
add_user() {
	number=990
	while grep -q "^[^:]*:[^:]*:$number:" /etc/passwd /etc/group; do
		number=$((number - 1))
	done
	if ! grep -q "^$1:" /etc/group; then
		append /etc/group "$1:*:$number:" || return 1
	fi
	group_number=$(sed -n "s/^$1:[^:]*:\([0-9]*\):.*/\1/p" /etc/group)
	append /etc/passwd "$2:*:$number:$group_number::$3:/bin/false"
}

# account GROUP USER HOME: creates a system user and its group.
account() {
	if id "$2" > /dev/null 2>&1; then
		echo "user $2: unchanged"
	elif if command -v useradd > /dev/null 2>&1; then
		groupadd -r -f "$1" && useradd -r -M -g "$1" -d "$3" -s /bin/false "$2"
	else
		add_user "$@"
	fi; then
		echo "user $2: created"
	else
		problem "user $2 (group $1, home $3) was not created: see above"
	fi
}

log_directory() {
	owner=$user
	id $user > /dev/null 2>&1 || owner=0
	directory $home/logs $owner "$readers" 750
}

permit() {
	if [ ! -e "$here/drop-in" ]; then
		echo "ACM is not enabled in the configuration: no permissions were written"
		return
	fi
	if [ ! -e "$here/sudoers" ]; then
		:
	elif command -v visudo > /dev/null 2>&1; then
		place "$here/sudoers" /etc/sudoers.d/$name 440 0 "visudo -c -f"
		grep -q '^[#@]includedir.*sudoers\.d' /etc/sudoers ||
			echo "wcp-tiny: warning: /etc/sudoers does not include /etc/sudoers.d, so the rules have no" \
				"effect; add with visudo: @includedir /etc/sudoers.d" >&2
	else
		echo "/etc/sudoers.d/$name: skipped: sudo is not installed; only an agent that runs as root can run refresh commands"
	fi
	log_directory
	if systemd; then
		place "$here/drop-in" $drop_in/cert-paths.conf 644
		if systemd_runs && [ -n "$changed" ]; then
			systemctl daemon-reload || status=1
		fi
	else
		echo "$drop_in: skipped: this machine does not use systemd"
	fi
}

configure() {
	place "$here/config" $etc/config.toml 440 "$readers"
}

# Sets readers, the group that may read the configuration.
find_readers() {
	readers=$group
	if ! grep -q "^$group:" /etc/group; then
		echo "the group $group does not exist: using root's group"
		readers=0
	fi
}

install_files() {
	for file in "$here"/%*; do
		path=$(echo "${file##*/}" | tr % /)
		case $path in
		*/systemd/*) systemd || continue ;;
		*/init*) { ! systemd && [ -d /etc/init.d ]; } || continue ;;
		/etc/default/*)
			# Settings may hold secrets. A person's own stay as they are, but are closed to others.
			if [ -e "$path" ]; then chmod o= "$path"; else place "$file" "$path" 600; fi
			continue
			;;
		esac
		read -r first < "$file"
		case $first in
		'#!'*) place "$file" "$path" 755 ;;
		*) place "$file" "$path" 644 ;;
		esac
	done
}

# True when a package installed the program and the service: they are left to the package. The file
# contains the command that removes it.
packaged() {
	[ -e $package ]
}

start() {
	if packaged; then
		[ -n "$START" ] || return
		[ -e $script ] || script=/etc/init.d/wcp-tiny
	fi
	verb=start
	[ -z "$changed" ] || verb=restart
	if systemd; then
		! systemd_runs || systemctl daemon-reload
		systemctl --quiet enable $service wcp-tiny-recover.service || status=1
		systemd_runs || START=
		starter="systemctl $verb $service"
	elif [ -e $script ]; then
		starter="$script $verb"
	else
		echo "this machine has neither systemd nor /etc/init.d: start \"wcp-tiny run\" at boot yourself"
		return
	fi
	if [ -z "$START" ]; then
		echo "not started: it starts at the next boot"
	elif $starter; then
		echo "the service is running; see: wcp-tiny status"
	else
		problem "the service did not start: see above, then run: $starter"
	fi
}

case $1 in
install | uninstall)
	if packaged && { [ "$1" = uninstall ] || ! cmp -s "$PROGRAM" /usr/sbin/wcp-tiny; }; then
		problem "$1: a package installed wcp-tiny; nothing was changed. To remove it: $(cat $package)"
		exit 1
	fi
	;;
esac
case $1 in
install)
	account $group $user $home
	account wcp-worker wcp-worker /
	find_readers
	if packaged; then
		echo "program and service: unchanged: they belong to the package"
	else
		place "$PROGRAM" /usr/sbin/wcp-tiny 755
		[ -e /usr/sbin/$name ] || ln -sf wcp-tiny /usr/sbin/$name
		install_files
	fi
	directory $home 0 0 755
	if [ ! -e "$here/config" ]; then
		echo "no configuration yet: installing an example that is not enabled; edit it, then run: wcp-tiny reload"
		cp "$here"/*%config.toml.example "$here/config"
	fi
	configure
	[ -e "$here/drop-in" ] || log_directory
	permit
	[ ! -e /etc/systemd/system/$service ] ||
		problem "/etc/systemd/system/$service overrides the installed unit: remove it"
	if [ $status = 0 ]; then
		start
	else
		problem "nothing was started; fix the problems above, and run this command again"
	fi
	;;
uninstall)
	if systemd; then
		systemctl --quiet stop $service 2> /dev/null
		systemctl --quiet disable $service wcp-tiny-recover.service wcp-tiny-first.service 2> /dev/null
	elif [ -x $script ]; then
		$script stop
	fi
	for file in "$here"/%*; do
		path=$(echo "${file##*/}" | tr % /)
		case $path in
		/etc/default/* | $etc/*) [ -z "$PURGE" ] || remove "$path" ;;
		*) remove "$path" ;;
		esac
	done
	remove /etc/sudoers.d/$name $drop_in/cert-paths.conf $drop_in /usr/lib/wcp-tiny \
		/usr/share/wcp-tiny /usr/sbin/$name /usr/sbin/wcp-tiny
	# Only files with known names: these directories may contain certificates.
	[ -z "$PURGE" ] || remove $etc/config.toml $etc/config.toml.rejected.txt $etc/credentials $etc \
		$home/logs/archive/acm_provider* $home/logs/archive $home/logs/acm_provider* $home/logs $home
	! systemd_runs || systemctl daemon-reload
	[ -n "$PURGE" ] || echo "$etc and $home are kept; uninstall --purge removes them"
	echo "certificates, keys and the users $user and wcp-worker are kept: they may own files"
	;;
reload)
	find_readers
	configure
	permit
	if [ $status != 0 ]; then
		problem "the agent was not told to reload; fix the problems above, and run this command again"
	elif systemd_runs && systemctl is-active --quiet $service; then
		systemctl restart $service && echo "$service was restarted" || status=1
	elif [ "$PID" = 0 ]; then
		echo "no agent is running: it reads the configuration when it starts"
	elif kill -HUP "$PID"; then
		echo "the agent, pid $PID, was told to reload"
	else
		status=1
	fi
	;;
*)
	find_readers
	permit
	;;
esac
exit $status
