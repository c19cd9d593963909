#!/usr/bin/env bash
# Bundles the playground's editor from tools/playground/editor.js and the packages that package-lock.json names, into
# pinterest_destination/playground/, or into the folder that is given. Needs npm. The same input gives the same bytes.
# Exit code 69: npm could not get the packages, which says nothing about the bundle.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
out=${1:-$here/../../pinterest_destination/playground}
mkdir -p "$out"
out=$(cd "$out" && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

cp "$here/package.json" "$here/package-lock.json" "$here/editor.js" "$work"
cd "$work"
if ! npm ci --prefer-offline --ignore-scripts --no-audit --no-fund --loglevel=error >&2 2>npm.log; then
  cat npm.log >&2
  unreachable='code (ENOTFOUND|EAI_AGAIN|ECONN[A-Z]+|ETIMEDOUT|ENETUNREACH|EHOSTUNREACH|ENOTCACHED|ERR_SOCKET_TIMEOUT|E40[137]|E429|E5[0-9][0-9])'
  if grep -Eq "$unreachable" npm.log; then
    echo "build.sh: npm could not get the packages: is $(npm config get registry) within reach?" >&2
    exit 69
  fi
  exit 1
fi
node node_modules/esbuild/bin/esbuild editor.js --bundle --format=esm --target=es2022 --minify --charset=utf8 \
  --legal-comments=none --metafile=meta.json --outfile="$out/editor.js" --log-level=warning

# MIT asks for its text wherever the code goes.
node --input-type=module -e '
  import { readFileSync } from "node:fs";
  const inputs = Object.keys(JSON.parse(readFileSync("meta.json")).inputs);
  const packages = [...new Set(inputs.flatMap((path) => path.match(/^node_modules\/((?:@[^/]+\/)?[^/]+)/)?.[1] ?? []))].sort();
  for (const name of packages) {
    const { version, license } = JSON.parse(readFileSync(`node_modules/${name}/package.json`));
    console.log(`${name} ${version} (${license})\n\n${readFileSync(`node_modules/${name}/LICENSE`, "utf8").trim()}\n`);
  }
' >"$out/editor-licenses.txt"
