// Des lignes d'un logiciel de gestion aux événements du contrat : identifiants sous clé, enveloppe CloudEvents.

import { createHmac, randomUUID } from "node:crypto";

const TYPES = {
  out: "fr.data-quartiers.tenancy.move-out.v1",
  in: "fr.data-quartiers.tenancy.move-in.v1",
};

// HMAC-SHA-256 des parties jointes par U+001F, coupé à 16 octets, écrit en UUID de version 8.
export function pseudonym(key, ...parts) {
  const bytes = createHmac("sha256", key).update(parts.join("\x1f"), "utf8").digest().subarray(0, 16);
  bytes[6] = (bytes[6] & 0x0f) | 0x80;
  bytes[8] = (bytes[8] & 0x3f) | 0x80;
  return bytes.toString("hex").replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, "$1-$2-$3-$4-$5");
}

// Une ligne ne porte ni nom ni adresse : le numéro de bail et celui du logement ne sortent que sous clé.
export function moveEvent(row, { siren, key, extractedAt }) {
  const { lease, dwelling, direction, ...known } = row;
  return {
    specversion: "1.0",
    id: randomUUID(),
    source: `urn:siren:${siren}`,
    type: TYPES[direction],
    time: extractedAt.toISOString(),
    datacontenttype: "application/json",
    data: {
      move_id: pseudonym(key, "move", lease, direction),
      dwelling: pseudonym(key, "dwelling", dwelling),
      revision: Math.floor(extractedAt.getTime() / 1000), // une extraction plus récente l'emporte
      status: "effective",
      ...known, // les autres colonnes portent déjà les noms et les codes du contrat
    },
  };
}
