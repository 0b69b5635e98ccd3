// node publish.mjs connection.toml clé.hex mouvements.json [--bac-a-sable]
//
// Envoie le premier mouvement seul et les suivants en lots, attend les accusés, dit ce que devient chacun.
// Code de sortie : 0 si tout est pris, 1 si un événement est refusé, 2 si l'envoi n'a pas pu aboutir.

import { readFileSync } from "node:fs";
import { Kafka, Partitioners, logLevel } from "kafkajs";
import { clientOptions, readConnection } from "./connection.mjs";
import { moveEvent } from "./events.mjs";
import { awaitReceipts, endOfReceipts, told } from "./receipts.mjs";

const LARGEST_BATCH = 500;
const SECONDS = 60;

function batches(events) {
  const found = [];
  for (let start = 0; start < events.length; start += LARGEST_BATCH) found.push(events.slice(start, start + LARGEST_BATCH));
  return found;
}

function message(content) {
  const type = Array.isArray(content) ? "application/cloudevents-batch+json" : "application/cloudevents+json";
  return { value: JSON.stringify(content), headers: { "content-type": type } };
}

async function send(kafka, topic, contents) {
  const producer = kafka.producer({ allowAutoTopicCreation: false, createPartitioner: Partitioners.DefaultPartitioner });
  await producer.connect();
  try {
    const sent = [];
    for (const content of contents) {
      const [{ baseOffset }] = await producer.send({ topic, acks: -1, messages: [message(content)] });
      sent.push({ topic, offset: baseOffset });
    }
    return sent;
  } finally {
    await producer.disconnect();
  }
}

async function publish(connectionFile, keyFile, movesFile, sandbox) {
  const connection = readConnection(connectionFile);
  const { siren } = connection;
  const key = Buffer.from(readFileSync(keyFile, "utf8").trim(), "hex");
  const rows = JSON.parse(readFileSync(movesFile, "utf8"));
  const events = rows.map((row) => moveEvent(row, { siren, key, extractedAt: new Date() }));
  const [first, ...others] = events;

  const kafka = new Kafka({ ...clientOptions(connection), logLevel: logLevel.NOTHING });
  const from = await endOfReceipts(kafka, siren);
  const topic = `tenancy.${sandbox ? "sandbox" : "moves"}.${siren}`;
  const sent = await send(kafka, topic, [first, ...batches(others)]);
  console.log(`${events.length} événement(s) envoyé(s) en ${sent.length} message(s) ; accusés attendus…`);

  const receipts = await awaitReceipts(kafka, siren, sent, { from, seconds: SECONDS });
  for (const receipt of receipts) console.log(told(receipt));
  return receipts.some((receipt) => receipt.rejected_total > 0) ? 1 : 0;
}

function explained(error) {
  const causes = {
    KafkaJSSASLAuthenticationError: "Utilisateur ou mot de passe refusé : vérifiez le fichier de connexion.",
    KafkaJSConnectionError: "Serveur injoignable, ou certificat refusé : vérifiez l'adresse et le fichier d'autorité.",
  };
  const names = [error, error.cause, error.cause?.cause].map((one) => one?.name);
  const known = names.map((name) => causes[name]).find(Boolean);
  return known ? `${known} (${error.message})` : error.message;
}

const options = process.argv.slice(2);
const files = options.filter((option) => !option.startsWith("--"));
if (files.length !== 3) {
  console.error("Emploi : node publish.mjs connection.toml clé.hex mouvements.json [--bac-a-sable]");
  process.exit(2);
}
try {
  process.exitCode = await publish(...files, options.includes("--bac-a-sable"));
} catch (error) {
  console.error(explained(error));
  process.exitCode = 2;
}
