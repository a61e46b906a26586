#!/bin/sh
# Makes what docker-compose.yml reads from ./secrets: passwords, certificates for the proxy and for Azurite, and a certificate authority
# of the cluster's own with a certificate for each node. Keeps what is there. Run it in the repository's root. (The key ring is made by a
# container, in a volume that only it can read.)
set -eu
umask 077
mkdir -p secrets
cd secrets

password() { [ -s "$1" ] || openssl rand -hex 24 | tr -d '\n' >"$1"; }
password postgres-password
password grafana-password
[ -s postgres-connection ] ||
    printf 'Host=postgres;Database=patientgrains;Username=patientgrains;Password=%s' "$(cat postgres-password)" >postgres-connection
# Azurite's account: any name, and 64 bytes as the service wants a key.
[ -s azure-key ] || openssl rand -base64 64 | tr -d '\n' >azure-key
[ -s azurite-accounts ] || printf 'patientgrains:%s' "$(cat azure-key)" >azurite-accounts

if [ ! -s ca.pem ]; then
    openssl req -x509 -newkey rsa:3072 -nodes -days 3650 -subj "/CN=PatientGrains cluster" -keyout ca.key -out ca.pem 2>/dev/null
fi
for node in gateway-1 gateway-2 silo-1 silo-2 silo-3; do
    [ -s "$node.pem" ] && continue
    openssl req -newkey rsa:3072 -nodes -subj "/CN=$node" -keyout "$node.key" -out "$node.csr" 2>/dev/null
    printf 'subjectAltName=DNS:%s,DNS:localhost,IP:127.0.0.1\n' "$node" >"$node.ext"
    openssl x509 -req -in "$node.csr" -CA ca.pem -CAkey ca.key -CAcreateserial -days 825 -extfile "$node.ext" -out "$node.pem" 2>/dev/null
    rm "$node.csr" "$node.ext"
done
# The proxy's is its own, and so is Azurite's: the authority signs for nodes, and whoever it signed for may speak as one.
own() {
    [ -s "$1.pem" ] || openssl req -x509 -newkey rsa:3072 -nodes -days 825 -subj "/CN=$2" \
        -addext "subjectAltName=DNS:$2,IP:127.0.0.1" -keyout "$1.key" -out "$1.pem" 2>/dev/null
}
own proxy localhost
own azurite azurite
cat proxy.pem proxy.key >proxy-bundle.pem

# The containers' users are not yours: what they read is open to others, in a folder that keeps everybody else out.
chmod 0644 postgres-* grafana-password azur* ca.pem proxy-bundle.pem gateway-* silo-*
