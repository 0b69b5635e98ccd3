// Les accusés de réception : attendre celui de chaque message envoyé, et le dire en français.

const OUTCOMES = {
  applied: "accepté(s)",
  superseded: "remplacé(s) par une version plus récente",
  duplicate: "déjà reçu(s)",
  out_of_scope: "hors champ",
  quarantined: "refusé(s)",
};

// À appeler avant d'envoyer : les accusés qui nous intéressent viendront après cette position.
export async function endOfReceipts(kafka, siren) {
  const admin = kafka.admin();
  await admin.connect();
  try {
    const [{ offset }] = await admin.fetchTopicOffsets(`tenancy.receipts.${siren}`);
    return offset;
  } finally {
    await admin.disconnect();
  }
}

// Rend l'accusé de chaque message de `sent` ({ topic, offset }), dans l'ordre ; une erreur s'il en manque un à temps.
export async function awaitReceipts(kafka, siren, sent, { from, seconds }) {
  const topic = `tenancy.receipts.${siren}`;
  const position = (message) => `${message.topic}:${message.offset}`;
  const wanted = new Set(sent.map(position));
  const found = new Map();
  const consumer = kafka.consumer({ groupId: `landlord-${siren}-exemple-${process.pid}` });
  await consumer.connect();
  try {
    await consumer.subscribe({ topic });
    await new Promise((resolve, reject) => {
      const timer = setTimeout(
        () => reject(new Error(`${wanted.size - found.size} accusé(s) manquent après ${seconds} s ; ils viendront peut-être plus tard.`)),
        seconds * 1000,
      );
      const eachMessage = async ({ message }) => {
        const receipt = JSON.parse(message.value.toString());
        if (receipt.type !== "fr.data-quartiers.receipt.v1") return;
        const key = position(receipt.data);
        // Un même accusé peut arriver deux fois ; `redriven` est une relecture, plus tard.
        if (wanted.has(key) && !receipt.data.redriven) found.set(key, receipt.data);
        if (found.size === wanted.size) resolve(clearTimeout(timer));
      };
      consumer.run({ autoCommit: false, eachMessage }).catch(reject);
      consumer.seek({ topic, partition: 0, offset: from });
    });
  } finally {
    await consumer.disconnect();
  }
  return sent.map((message) => found.get(position(message)));
}

export function told(receipt) {
  const outcomes = Object.entries(receipt.outcomes).map(([outcome, n]) => `${n} ${OUTCOMES[outcome] ?? outcome}`);
  const lines = [`Message ${receipt.topic}, position ${receipt.offset} : ${outcomes.join(", ")}`];
  for (const remark of receipt.rejected) {
    lines.push(`  refusé, événement ${remark.index}, ${remark.pointer || "en entier"} : ${remark.message_fr} (${remark.code})`);
    lines.push(`    à faire : ${remark.remedy_fr}`);
  }
  for (const remark of receipt.warnings) {
    lines.push(`  à vérifier, événement ${remark.index}, ${remark.pointer} : ${remark.message_fr}`);
  }
  return lines.join("\n");
}
