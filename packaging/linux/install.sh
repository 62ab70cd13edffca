#!/bin/sh
# Installs maskeditor for one user, without root; sh install.sh --remove takes all of it away again.
#   sh install.sh [PREFIX]     PREFIX: ~/.local unless given
set -eu

here=$(CDPATH= cd -- "$(dirname -- "$0")" && pwd)
remove=false
if [ "${1:-}" = --remove ]; then
    remove=true
    shift
fi
prefix=${1:-"$HOME/.local"}
program="$prefix/lib/maskeditor"
share="$prefix/share"

delete() {
    rm -rf "$program"
    rm -f "$prefix/bin/maskeditor" "$share/applications/maskeditor.desktop" "$share/mime/packages/maskeditor.xml"
    for icon in "$share"/icons/hicolor/*/apps/maskeditor.png "$share/icons/hicolor/scalable/apps/maskeditor.svg"; do
        rm -f "$icon"
    done
}

refresh() {
    if command -v update-mime-database >/dev/null 2>&1 && [ -d "$share/mime" ]; then
        update-mime-database "$share/mime"
    fi
    if command -v update-desktop-database >/dev/null 2>&1 && [ -d "$share/applications" ]; then
        update-desktop-database -q "$share/applications"
    fi
}

if $remove; then
    delete
    refresh
    echo "maskeditor is removed from $prefix; settings and sessions in the home folder are left."
    exit 0
fi
if [ ! -x "$here/maskeditor/maskeditor" ]; then
    echo "install.sh must lie beside the folder maskeditor that it came with; unpack the whole archive." >&2
    exit 1
fi
mkdir -p "$prefix/bin" "$prefix/lib" "$share/applications" "$share/mime/packages"
delete
cp -R "$here/maskeditor" "$program"
ln -s "$program/maskeditor" "$prefix/bin/maskeditor"
# A desktop entry quotes the program's path, as it may hold blanks; what has a meaning there, and then to sed, does not.
path=$(printf '%s' "$program/maskeditor" | sed 's/\\/\\\\\\\\/g; s/["`$]/\\\\&/g; s/%/%%/g' | sed 's/[\\|&]/\\&/g')
sed "s|^Exec=maskeditor|Exec=\"$path\"|" "$here/share/maskeditor.desktop" \
    >"$share/applications/maskeditor.desktop"
cp "$here/share/maskeditor.xml" "$share/mime/packages/maskeditor.xml"
mkdir -p "$share/icons"
cp -R "$here/share/hicolor" "$share/icons/"
refresh
echo "maskeditor is installed in $program; start it from the menu, or as $prefix/bin/maskeditor."
