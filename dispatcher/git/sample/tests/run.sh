#!/bin/sh
# The checks of this website. Needs a POSIX shell, grep, sed, awk and sort; takes a second.
set -u
LC_ALL=C
export LC_ALL
cd "$(dirname "$0")/../src" || exit 2

count=0
failed=0

# check NAME COMMAND...: passes if the command says nothing.
check() {
  name=$1
  shift
  count=$((count + 1))
  found=$("$@" 2>&1)
  if [ -z "$found" ]; then
    echo "ok    $name"
  else
    failed=$((failed + 1))
    echo "FAIL  $name"
    printf '%s\n' "$found" | sed 's/^/        /'
  fi
}

# each PATTERN WHAT: the pages without a line like that.
each() {
  for page in *.html; do
    grep -q "$1" "$page" || echo "$page: $2"
  done
}

# The targets of links, scripts and styles of a page, one on each line.
targets() {
  grep -o -E '(href|src)="[^"]*"' "$1" | sed -e 's/^[a-z]*="//' -e 's/"$//'
}

links_lead_somewhere() {
  for page in *.html; do
    targets "$page" | grep -v -E '^(https:|mailto:|#)' | sed 's/#.*//' | sort -u | while read -r target; do
      [ -f "$target" ] || echo "$page: links to $target, which is not there"
    done
  done
}

anchors_lead_somewhere() {
  for page in *.html; do
    targets "$page" | grep '#' | grep -v '^https:' | while IFS='#' read -r file anchor; do
      grep -q "id=\"$anchor\"" "${file:-$page}" || echo "$page: links to #$anchor in ${file:-$page}, which is not there"
    done
  done
}

links_are_safe() {
  grep -n 'href="http:' *.html
}

tags_balance() {
  for page in *.html; do
    awk -v page="$page" '
      {
        line = $0
        while (match(line, /<\/?[a-z][a-z0-9]*/)) {
          tag = substr(line, RSTART + 1, RLENGTH - 1)
          line = substr(line, RSTART + RLENGTH)
          if (tag ~ /^(meta|link|input|img|br|hr)$/) continue
          if (substr(tag, 1, 1) == "/") {
            tag = substr(tag, 2)
            if (depth == 0 || open[depth] != tag) {
              print page ":" NR ": </" tag "> closes nothing"
              exit
            }
            depth--
          } else {
            open[++depth] = tag
          }
        }
      }
      END { if (depth > 0) print page ": <" open[depth] "> is never closed" }' "$page"
  done
}

menu_of() {
  sed -n '/<nav/,/<\/nav>/p' "$1"
}

menus_agree() {
  for page in *.html; do
    [ "$(menu_of "$page")" = "$menu" ] || echo "$page: its menu is not the one of index.html"
  done
}

menu_has_every_page() {
  for page in *.html; do
    case $menu in
      *"href=\"$page\""*) ;;
      *) echo "$page: not in the menu" ;;
    esac
  done
}

prices_agree() {
  on_pricing=$(sed -n 's/.*data-plan="plus">\($[0-9.]*\).*/\1/p' pricing.html)
  on_faq=$(sed -n 's/.*Plus is \($[0-9.]*\) a month.*/\1/p' faq.html)
  [ -n "$on_pricing" ] || echo "pricing.html: says no price for Plus"
  [ -n "$on_faq" ] || echo "faq.html: says no price for Plus"
  [ "$on_pricing" = "$on_faq" ] || echo "Plus is ${on_pricing:-nothing} in pricing.html and ${on_faq:-nothing} in faq.html"
}

braces_balance() {
  for file in style.css site.js; do
    awk -v file="$file" '
      { opened += gsub(/\{/, ""); closed += gsub(/\}/, "") }
      END { if (opened != closed) print file ": " opened " { and " closed " }" }' "$file"
  done
}

nothing_left_over() {
  grep -n -i -E 'lorem ipsum|TODO|FIXME|console\.log' *.html site.js style.css
}

menu=$(menu_of index.html)

check "every page says what language it is in" each '<html lang="en">' 'no language'
check "every page has a title" each '<title>..*</title>' 'no title'
check "every page has one heading to begin with" each '<h1>..*</h1>' 'no heading'
check "every page has a description" each '<meta name="description" content="..*">' 'no description'
check "every link leads to a file that is there" links_lead_somewhere
check "every anchor is there" anchors_lead_somewhere
check "no link leaves by plain http" links_are_safe
check "every tag that opens is closed" tags_balance
check "the menu is the same on every page" menus_agree
check "every page is in the menu" menu_has_every_page
check "pricing and questions name the same price" prices_agree
check "styles and scripts have balanced braces, and nothing is left over" eval 'braces_balance; nothing_left_over'

echo
echo "$count checks, $failed failed"
[ "$failed" -eq 0 ]
