// Keys and signatures of JOSE on Node's own cryptography, for the stand-ins: RFC 7518 section 3.1, RFC 8037.

import { constants, createPublicKey, generateKeyPairSync, sign as signWith, verify as verifyWith } from 'node:crypto';

const CURVES = { ES256: 'P-256', ES384: 'P-384', ES512: 'P-521' };

/** What sign and verify want beside the key; ECDSA signatures are two numbers side by side. */
const SCHEMES = {
  RS: { padding: constants.RSA_PKCS1_PADDING },
  PS: { padding: constants.RSA_PKCS1_PSS_PADDING, saltLength: constants.RSA_PSS_SALTLEN_DIGEST },
  ES: { dsaEncoding: 'ieee-p1363' },
  Ed: {},
};

const hashOf = (algorithm) => (algorithm === 'EdDSA' ? null : `sha${algorithm.slice(2)}`);

export function generate(algorithm, bits) {
  if (algorithm in CURVES) return generateKeyPairSync('ec', { namedCurve: CURVES[algorithm] }).privateKey;
  if (algorithm === 'EdDSA') return generateKeyPairSync('ed25519').privateKey;
  return generateKeyPairSync('rsa', { modulusLength: bits }).privateKey;
}

export const publicParameters = (privateKey) => JSON.stringify(createPublicKey(privateKey).export({ format: 'jwk' }));

export const sign = (privateKey, algorithm, input) => ( // Pyodide knows no Buffer
  new Uint8Array(signWith(hashOf(algorithm), input, { key: privateKey, ...SCHEMES[algorithm.slice(0, 2)] }))
);

/** A public key from the text of its JWK. Throws when it is none. */
export const importKey = (jwk) => createPublicKey({ key: JSON.parse(jwk), format: 'jwk' });

export const verify = (publicKey, algorithm, signature, input) => (
  verifyWith(hashOf(algorithm), input, { key: publicKey, ...SCHEMES[algorithm.slice(0, 2)] }, signature)
);
