// The work, in JavaScript.
globalThis.route = function (json) {
  const event = JSON.parse(json);
  const words = (text) => text.toLowerCase().split(/[^a-z0-9]+/).filter((word) => word.length > 2);
  const counts = new Map();
  for (const word of words(event.text)) counts.set(word, (counts.get(word) || 0) + 1);
  let best = event.repositories[0], most = 0, score = 0, matched = [];
  for (const repository of event.repositories) {
    let points = 0;
    const found = [];
    for (const [from, weight] of [[repository.name, 10], [repository.description, 1]]) {
      for (const word of words(from)) {
        const count = counts.get(word);
        if (count) {
          points += weight * count;
          found.push(word);
        }
      }
    }
    if (points > most) {
      most = points;
      best = repository;
      score = Math.min(300 + 10 * points, 900);
      matched = [...new Set(found)].sort();
    }
  }
  return JSON.stringify({ place: best.name, score, reason: `the request speaks of ${best.name}`, matched });
};
