// Loaded into Azurite with `node --require`, for the tests that kill it. Azurite keeps its metadata in memory and saves it every five
// seconds, so what it answered since is lost when it is killed; the service that it stands for answers when the write is durable. Here
// each write is answered after the metadata was saved; writes that wait at the same time share a save. Nothing else is changed.
const path = require("path");
const source = path.join(path.dirname(require.main ? require.main.filename : process.argv[1]), "..");
const Blobs = require(path.join(source, "blob/persistence/LokiBlobMetadataStore.js")).default;
const Extents = require(path.join(source, "common/persistence/LokiExtentMetadataStore.js")).default;

const databases = [];
let running = null;
let next = null;

const saveOne = (database) => new Promise((done, fail) => database.saveDatabase((error) => (error ? fail(error) : done())));

// A save that has begun may have taken its picture already: whoever comes later waits for the one behind it.
function save() {
  if (!next) {
    next = (running || Promise.resolve()).catch(() => {}).then(async () => {
      running = next;
      next = null;
      for (const database of databases)
        await saveOne(database);
    });
  }
  return next;
}

for (const store of [Extents, Blobs]) {
  const init = store.prototype.init;
  store.prototype.init = async function () {
    await init.call(this);
    databases.push(this.db);
  };
}

for (const name of ["createContainer", "createBlob", "appendBlock", "deleteBlob", "stageBlock", "commitBlockList"]) {
  const write = Blobs.prototype[name];
  Blobs.prototype[name] = async function (...given) {
    const answer = await write.apply(this, given);
    await save();
    return answer;
  };
}
