"""The files that the program opens by a double click, declared once for every system."""

from __future__ import annotations

from typing import Any, NamedTuple
from xml.sax.saxutils import escape, quoteattr

#: What macOS knows the program by; what Windows does.
IDENTIFIER = "org.maskeditor.maskeditor"
PROGRAM_ID = "maskeditor.document"


class DocumentType(NamedTuple):
    """A kind of file."""

    mime: str
    title: str
    endings: tuple[str, ...]
    parent: str
    """The MIME type that it is a kind of; empty for none."""
    magic: tuple[int, str]
    """Bytes, as shared-mime-info writes them, by which it is known too, and where they stand; empty for none."""
    is_own: bool
    """Whether it is a format of this program."""


TYPES = (
    DocumentType("application/x-nifti", "NIfTI image", (".nii",), "", (344, r"n+1\0"), False),
    DocumentType(
        "application/x-nifti-gz", "NIfTI image (compressed)", (".nii.gz",), "application/gzip", (0, ""), False
    ),
    DocumentType(
        "application/x-maskeditor", "maskeditor session", (".maskeditor",), "application/vnd.sqlite3", (0, ""), True
    ),
)
#: What is opened too, and known to every system already.
KNOWN = ("application/dicom",)


def mime_package() -> str:
    """Return the types as a package of shared-mime-info; they go before what their last ending alone says."""
    lines = [
        '<?xml version="1.0" encoding="UTF-8"?>',
        '<mime-info xmlns="http://www.freedesktop.org/standards/shared-mime-info">',
    ]
    for one in TYPES:
        lines.append(f"  <mime-type type={quoteattr(one.mime)}>")
        lines.append(f"    <comment>{escape(one.title)}</comment>")
        if one.parent:
            lines.append(f"    <sub-class-of type={quoteattr(one.parent)}/>")
        offset, magic = one.magic
        if magic:
            value = quoteattr(magic)
            lines.append(f'    <magic priority="60"><match type="string" value={value} offset="{offset}"/></magic>')
        lines += [f'    <glob pattern="*{ending}" weight="60"/>' for ending in one.endings]
        lines.append(f"    <icon name={quoteattr('maskeditor')}/>")
        lines.append("  </mime-type>")
    return "\n".join([*lines, "</mime-info>", ""])


def mime_list() -> str:
    """Return the types as a desktop entry lists them."""
    return "".join(f"{mime};" for mime in (*KNOWN, *(one.mime for one in TYPES)))


def info_plist(version: str) -> dict[str, Any]:
    """Return what macOS is told of the application and its documents."""
    return {
        "CFBundleName": "maskeditor",
        "CFBundleShortVersionString": version,
        "CFBundleVersion": version,
        "LSApplicationCategoryType": "public.app-category.medical",
        "NSHighResolutionCapable": True,
        "CFBundleDocumentTypes": [
            {
                "CFBundleTypeName": one.title,
                "CFBundleTypeRole": "Editor" if one.is_own else "Viewer",
                "LSItemContentTypes": [_uniform(one)],
                "LSHandlerRank": "Owner" if one.is_own else "Alternate",
            }
            for one in TYPES
        ],
        "UTExportedTypeDeclarations": [_declaration(one) for one in TYPES if one.is_own],
        "UTImportedTypeDeclarations": [_declaration(one) for one in TYPES if not one.is_own],
    }


def _uniform(one: DocumentType) -> str:
    return f"{IDENTIFIER}.{one.endings[0].strip('.').replace('.', '-')}"


def _declaration(one: DocumentType) -> dict[str, Any]:
    # macOS looks at the last ending alone.
    endings = [ending.rpartition(".")[2] for ending in one.endings]
    return {
        "UTTypeIdentifier": _uniform(one),
        "UTTypeDescription": one.title,
        "UTTypeConformsTo": ["public.data"],
        "UTTypeTagSpecification": {"public.filename-extension": endings, "public.mime-type": one.mime},
    }


def registry_script() -> str:
    """Return PowerShell that offers the program for its files to this user of Windows, and takes that back.

    Windows, too, looks at the last ending alone: compressed images are opened by the program, or by a drop on it.
    """
    endings = sorted({ending for one in TYPES for ending in one.endings if ending.count(".") == 1})
    listed = ", ".join(f"'{ending}'" for ending in endings)
    return f"""# Offers maskeditor for its files to this user; with -Remove, no longer. Needs no administrator.
param([switch]$Remove)
$program = Join-Path $PSScriptRoot 'maskeditor\\maskeditor.exe'
$classes = 'HKCU:\\Software\\Classes'
$key = "$classes\\{PROGRAM_ID}"
if ($Remove) {{
    Remove-Item -Recurse -Force $key -ErrorAction SilentlyContinue
}} else {{
    New-Item -Force "$key\\shell\\open\\command" -Value "`"$program`" `"%1`"" | Out-Null
    New-Item -Force "$key\\DefaultIcon" -Value "`"$program`",0" | Out-Null
}}
foreach ($ending in {listed}) {{
    $offered = "$classes\\$ending\\OpenWithProgids"
    if ($Remove) {{
        Remove-ItemProperty $offered '{PROGRAM_ID}' -ErrorAction SilentlyContinue
    }} else {{
        New-Item -Force $offered -ErrorAction SilentlyContinue | Out-Null
        New-ItemProperty -Force $offered '{PROGRAM_ID}' -Value '' | Out-Null
    }}
}}
"""


def version_resource(version: str) -> str:
    """Return what Windows shows of the program's file, as PyInstaller reads it."""
    numbers = (*map(int, version.split(".")[:3]), 0)
    strings = {
        "CompanyName": "maskeditor",
        "FileDescription": "Mask editor",
        "FileVersion": version,
        "InternalName": "maskeditor",
        "LegalCopyright": "GPL-3.0-or-later",
        "OriginalFilename": "maskeditor.exe",
        "ProductName": "maskeditor",
        "ProductVersion": version,
    }
    listed = ", ".join(f"StringStruct({name!r}, {value!r})" for name, value in strings.items())
    return (
        f"VSVersionInfo(ffi=FixedFileInfo(filevers={numbers}, prodvers={numbers}, mask=0x3F, flags=0, OS=0x40004, "
        "fileType=1, subtype=0, date=(0, 0)), kids=[StringFileInfo([StringTable('040904B0', "
        f"[{listed}])]), VarFileInfo([VarStruct('Translation', [1033, 1200])])])\n"
    )
