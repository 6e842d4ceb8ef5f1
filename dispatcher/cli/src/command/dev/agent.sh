# What stands in for an agent: it changes a price, whatever it is asked for.
mkdir -p "$SIGNALBOX_OUT/proposals"
case "$SIGNALBOX_PHASE" in
plan)
  echo 'Every $9 becomes $12.' > "$SIGNALBOX_OUT/plan.md"
  echo '{"summary": "The price changes.", "risk": "low", "files": []}' > "$SIGNALBOX_OUT/output.json" ;;
build)
  for page in $(grep -rlF '$9' --include='*.html' .); do sed -i 's/\$9\b/$12/g' "$page"; done
  echo 'The price is $12.' > "$SIGNALBOX_OUT/summary.md"
  echo '{"proposal": "change_request", "title": "Pricing: $9 to $12", "body": "Every page says $12 now.", "not_done": ""}' > "$SIGNALBOX_OUT/proposals/1.json" ;;
review)
  echo '{"verdict": "approve", "comments": []}' > "$SIGNALBOX_OUT/output.json" ;;
answer)
  echo '{"proposal": "answer", "text": "I am a script that changes a price. Ask me to."}' > "$SIGNALBOX_OUT/proposals/1.json" ;;
esac
