// La connexion d'un bailleur : lue dans le fichier que l'observatoire lui a remis, tournée en réglages de kafkajs.

import { readFileSync } from "node:fs";
import { dirname, resolve } from "node:path";

// Le fichier est du TOML très simple : une ligne `nom = "valeur"` par réglage.
export function readConnection(path) {
  const settings = {};
  for (const line of readFileSync(path, "utf8").split(/\r?\n/)) {
    const found = line.match(/^\s*(\w+)\s*=\s*"([^"]*)"/);
    if (found) settings[found[1]] = found[2];
  }
  const missing = ["siren", "bootstrap", "password"].filter((name) => !settings[name]);
  if (missing.length) throw new Error(`${path} : il manque ${missing.join(", ")}.`);
  if (settings.ca_file) settings.ca_file = resolve(dirname(path), settings.ca_file);
  return settings;
}

export function clientOptions({ siren, bootstrap, password, ca_file }) {
  return {
    clientId: `exemple-${siren}`,
    brokers: bootstrap.split(","),
    // Le certificat du serveur est vérifié avec l'autorité remise. Sans elle : un essai local, en clair.
    ssl: ca_file ? { ca: [readFileSync(ca_file)] } : false,
    sasl: { mechanism: "scram-sha-256", username: `landlord-${siren}`, password },
    retry: { retries: 5 },
  };
}
