// The gRPC front as @grpc/grpc-js sees it, a client that nobody here wrote. Run by IndependentClientTests, which sets SUITE to a JSON
// object {grpc, protos, tokens: {clinician, integrator, officer, alerting, expired}}; says `ok <name>` or `not ok <name> # why` a line each.
'use strict';
const grpc = require('@grpc/grpc-js');
const loader = require('@grpc/proto-loader');
const assert = require('node:assert/strict');

const suite = JSON.parse(process.env.SUITE);
const load = (...files) => grpc.loadPackageDefinition(
  loader.loadSync(files, { includeDirs: [suite.protos], keepCase: true, longs: String, enums: String, defaults: true, oneofs: true }));
const v1 = load('patientgrains/v1/records.proto', 'patientgrains/v1/alerts.proto', 'patientgrains/v1/feeds.proto').patientgrains.v1;
const health = load('grpc/health/v1/health.proto').grpc.health.v1;
const rpc = loader.loadSync(['google/rpc/status.proto', 'google/rpc/error_details.proto'],
  { includeDirs: [suite.protos], keepCase: true });

const insecure = grpc.credentials.createInsecure();
const records = new v1.RecordService(suite.grpc, insecure);
const alerts = new v1.AlertService(suite.grpc, insecure);
const run = Date.now().toString(36);

const as = (role) => {
  const metadata = new grpc.Metadata();
  metadata.set('authorization', 'Bearer ' + suite.tokens[role]);
  return metadata;
};
const call = (client, method, request, role = 'clinician', options = {}) => new Promise((resolve, reject) =>
  client[method](request, as(role), options, (error, answer) => error ? reject(error) : resolve(answer)));
const collect = (stream) => new Promise((resolve, reject) => {
  const all = [];
  stream.on('data', (one) => all.push(one)).on('end', () => resolve(all)).on('error', reject);
});
const refused = async (promise, code) => {
  const error = await promise.then(() => assert.fail('it was taken'), (e) => e);
  assert.equal(error.code, grpc.status[code], `${error.code} ${error.details}`);
  return error;
};
const details = (error) => {
  const [bytes] = error.metadata.get('grpc-status-details-bin');
  const status = rpc['google.rpc.Status'].deserialize(bytes);
  return Object.fromEntries(status.details.map(({ type_url, value }) => {
    const type = type_url.split('/').pop();
    return [type, rpc[type].deserialize(value)];
  }));
};

const patient = (id) => ({ resourceType: 'Patient', id, birthDate: '1950-03-04', name: [{ family: 'Independent' }] });
const observation = (id, subject, loinc, value, unit, at = new Date()) => ({
  resourceType: 'Observation', id, status: 'final', code: { coding: [{ system: 'http://loinc.org', code: loinc }] },
  subject: { reference: 'Patient/' + subject }, effectiveDateTime: at.toISOString(),
  valueQuantity: { value, unit, system: 'http://unitsofmeasure.org', code: unit },
});
const update = (resource, message = `${run}-${resource.id}`) => ({
  message_id: message, kind: 'SUBMISSION_KIND_UPDATE', type: resource.resourceType, id: resource.id,
  body: Buffer.from(JSON.stringify(resource)),
});
const submit = (resource, role = 'integrator', message = undefined) => call(records, 'Submit', update(resource, message), role);
const sick = async (id) => {
  await submit(patient(id));
  for (const [loinc, value, unit] of [['9279-1', 32, '/min'], ['59408-5', 87, '%'], ['8480-6', 82, 'mm[Hg]'], ['8867-4', 138, '/min']])
    await submit(observation(`${id}-${loinc}`, id, loinc, value, unit));
};
const subscribe = (request, role = 'alerting') => {
  const got = [];
  let wake = () => {};
  let failed = null;
  const open = (asked) => {
    const stream = alerts.SubscribeAlerts(asked, as(role));
    stream.on('data', (one) => {
      if (stream !== subscriber.stream) return;
      if (one.line?.unreadable) {
        // The record did not answer for seconds: the line itself comes to who asks again.
        stream.cancel();
        subscriber.stream = open({ ...request, start: undefined, cursor: one.line.unreadable.cursor_before });
        return;
      }
      got.push(one);
      wake();
    });
    stream.on('error', (e) => {
      if (stream !== subscriber.stream) return;
      failed = e;
      wake();
    });
    return stream;
  };
  const subscriber = {
    got, stream: null,
    until: async (enough) => {
      while (!enough(got)) {
        if (failed) throw failed;
        await new Promise((resolve) => { wake = resolve; });
      }
      return got;
    },
  };
  subscriber.stream = open(request);
  return subscriber;
};
const lines = (got) => got.filter((one) => one.line).map((one) => one.line);

const tests = {
  async 'health says serving'() {
    const client = new health.Health(suite.grpc, insecure);
    const answer = await new Promise((resolve, reject) => client.Check({ service: '' }, (e, a) => e ? reject(e) : resolve(a)));
    assert.equal(answer.status, 'SERVING');
    await refused(new Promise((resolve, reject) => client.Check({ service: 'no.such' }, (e, a) => e ? reject(e) : resolve(a))), 'NOT_FOUND');
  },
  async 'a submission is answered with its versions and read back'() {
    await submit(patient(`js-${run}`));
    const first = await submit(observation(`js-${run}-o`, `js-${run}`, '8867-4', 80, '/min'));
    assert.deepEqual(first.results.map((r) => [r.type, r.id, r.version, r.effect]),
      [['Observation', `js-${run}-o`, 1, 'CHANGE_EFFECT_CREATED']]);
    const second = await submit(observation(`js-${run}-o`, `js-${run}`, '8867-4', 81, '/min'), 'integrator', `${run}-again`);
    assert.equal(second.results[0].version, 2);
    const read = await call(records, 'Read', { type: 'Observation', id: `js-${run}-o` });
    assert.equal(JSON.parse(read.body).valueQuantity.value, 81);
    assert.equal(JSON.parse(read.body).meta.versionId, '2');
    const old = await call(records, 'Read', { type: 'Observation', id: `js-${run}-o`, version: 1 });
    assert.equal(JSON.parse(old.body).valueQuantity.value, 80);
    const history = await collect(records.History({ type: 'Observation', id: `js-${run}-o` }, as('clinician')));
    assert.deepEqual(history.map((v) => v.version), [2, 1]);
  },
  async 'everything, search and the access log are streams'() {
    const id = `js-${run}-all`;
    await submit(patient(id));
    for (let i = 0; i < 30; i++)
      await submit(observation(`${id}-${i}`, id, i % 2 ? '8867-4' : '2524-7', i % 2 ? 80 : 1, i % 2 ? '/min' : 'mmol/L'));
    const everything = await collect(records.Everything({ patient_id: id }, as('clinician')));
    assert.equal(everything.length, 31);
    assert.equal(everything[0].type, 'Patient');
    const found = await collect(records.Search({ type: 'Observation', query: `patient=${id}&code=http://loinc.org|2524-7` }, as('clinician')));
    assert.equal(found.length, 15);
    const log = await collect(records.AccessLog({ patient_id: id }, as('officer')));
    assert.ok(log.some((entry) => entry.interaction === 'update' || entry.interaction === 'operation' || entry.interaction === 'read'));
    assert.equal(log.filter((entry) => entry.versions.some((v) => v.type === 'Observation')).length >= 30, true);
  },
  async 'repeating a message changes nothing and says so'() {
    await submit(patient(`js-${run}-r`), 'integrator', `${run}-r1`);
    const again = await submit(patient(`js-${run}-r`), 'integrator', `${run}-r1`);
    assert.equal(again.is_repeat, true);
    assert.equal(again.results[0].version, 1);
    const reused = await refused(submit({ ...patient(`js-${run}-r`), gender: 'female' }, 'integrator', `${run}-r1`), 'ALREADY_EXISTS');
    assert.equal(details(reused)['google.rpc.ErrorInfo'].reason, 'MessageIdReused');
  },
  async 'a stream answers every message once and a resumed one repeats'() {
    const id = `js-${run}-s`;
    await submit(patient(id));
    const messages = Array.from({ length: 400 }, (_, i) =>
      update(observation(`${id}-${i}`, id, '8867-4', 60 + (i % 40), '/min'), `${run}-s-${i}`));
    const send = async () => {
      const stream = records.SubmitStream(as('integrator'));
      const answers = collect(stream);
      for (const message of messages)
        if (!stream.write(message)) await new Promise((resolve) => stream.once('drain', resolve));
      stream.end();
      return new Map((await answers).map((a) => [a.message_id, a]));
    };
    const first = await send();
    assert.equal(first.size, messages.length);
    for (const answer of first.values()) assert.equal(answer.refusal, null);
    const second = await send();
    for (const [message, answer] of second) {
      assert.equal(answer.is_repeat, true);
      assert.deepEqual(answer.results.map((r) => r.version), first.get(message).results.map((r) => r.version));
    }
  },
  async 'a refused message does not end its stream'() {
    const stream = records.SubmitStream(as('integrator'));
    const answers = collect(stream);
    stream.write({ message_id: `${run}-bad`, kind: 'SUBMISSION_KIND_UPDATE', type: 'Patient', id: `js-${run}-b`, body: Buffer.from('{"resourceType":') });
    stream.write(update(patient(`js-${run}-b`), `${run}-good`));
    stream.end();
    const byId = new Map((await answers).map((a) => [a.message_id, a]));
    assert.equal(byId.get(`${run}-bad`).refusal.code, grpc.status.INVALID_ARGUMENT);
    assert.equal(byId.get(`${run}-good`).results[0].version, 1);
  },
  async 'compressed messages are taken and sent'() {
    const client = new v1.RecordService(suite.grpc, insecure, { 'grpc.default_compression_algorithm': grpc.compressionAlgorithms.gzip });
    const id = `js-${run}-z`;
    await call(client, 'Submit', update({ ...patient(id), name: [{ family: 'Z'.repeat(20000) }] }), 'integrator');
    const read = await call(client, 'Read', { type: 'Patient', id });
    assert.equal(JSON.parse(read.body).name[0].family.length, 20000);
  },
  async 'nobody and the wrong role are refused'() {
    const request = { type: 'Patient', id: `js-${run}` };
    await refused(new Promise((resolve, reject) => records.Read(request, (e, a) => e ? reject(e) : resolve(a))), 'UNAUTHENTICATED');
    await refused(call(records, 'Read', request, 'expired'), 'UNAUTHENTICATED');
    const error = await refused(call(records, 'Read', request, 'officer'), 'PERMISSION_DENIED');
    assert.equal(details(error)['google.rpc.ErrorInfo'].reason, 'RoleNotPermitted');
  },
  async 'what is not there is not found'() {
    const error = await refused(call(records, 'Read', { type: 'Observation', id: 'no-such-thing' }), 'NOT_FOUND');
    assert.equal(details(error)['google.rpc.ErrorInfo'].reason, 'ResourceUnknown');
  },
  async 'an unknown method is unimplemented'() {
    const Ghost = grpc.makeGenericClientConstructor({
      Nothing: {
        path: '/patientgrains.v1.RecordService/Nothing', requestStream: false, responseStream: false,
        requestSerialize: (x) => Buffer.alloc(0), responseDeserialize: (x) => x,
      },
    }, 'Ghost');
    const ghost = new Ghost(suite.grpc, insecure);
    await refused(new Promise((resolve, reject) => ghost.Nothing({}, as('clinician'), (e, a) => e ? reject(e) : resolve(a))), 'UNIMPLEMENTED');
  },
  async 'a deadline in the past is exceeded'() {
    await refused(call(records, 'Read', { type: 'Patient', id: `js-${run}` }, 'clinician', { deadline: Date.now() - 1000 }), 'DEADLINE_EXCEEDED');
  },
  async 'an oversize message is refused and the connection goes on'() {
    const client = new v1.RecordService(suite.grpc, insecure, { 'grpc.max_send_message_length': -1 });
    const error = await call(client, 'Submit', {
      message_id: `${run}-huge`, kind: 'SUBMISSION_KIND_UPDATE', type: 'Patient', id: 'huge', body: Buffer.alloc(80 << 20, 0x20),
    }, 'integrator').then(() => assert.fail('it was taken'), (e) => e);
    assert.ok([grpc.status.RESOURCE_EXHAUSTED, grpc.status.CANCELLED, grpc.status.INTERNAL, grpc.status.UNAVAILABLE].includes(error.code), `${error.code} ${error.details}`);
    const read = await call(client, 'Read', { type: 'Patient', id: `js-${run}` });
    assert.equal(read.id, `js-${run}`);
  },
  async 'a subscriber gets the alert with its reasons and somebody acknowledges it'() {
    const id = `js-${run}-sick`;
    const subscriber = subscribe({ patient_ids: [id] });
    await subscriber.until((got) => got.length > 0);
    await sick(id);
    await subscriber.until((got) => lines(got).some((line) => line.raised && line.rule === 'news2'));
    const raised = lines(subscriber.got).find((line) => line.raised && line.rule === 'news2');
    assert.equal(raised.patient_id, id);
    assert.match(raised.raised.reason.publication, /Royal College of Physicians/);
    assert.ok(raised.raised.reason.criteria.length > 0);
    for (const criterion of raised.raised.reason.criteria) assert.equal(criterion.version, 1);
    const state = await call(alerts, 'AcknowledgeAlert', { patient_id: id, alert: raised.alert, note: 'on my way' });
    assert.equal(state.status, 'ALERT_STATUS_ACKNOWLEDGED');
    await subscriber.until((got) => lines(got).some((line) => line.acknowledged && line.alert === raised.alert));
    assert.deepEqual(lines(subscriber.got).map((line) => line.patient_number), lines(subscriber.got).map((_, i) => i + 1));
    subscriber.stream.cancel();
    const log = await collect(records.AccessLog({ patient_id: id }, as('officer')));
    assert.ok(log.some((entry) => entry.subject === 'suite-alerting' && entry.versions.length > 0), 'no entry of the delivery');
  },
  async 'a cursor resumes without gap'() {
    const id = `js-${run}-resume`;
    const first = subscribe({ patient_ids: [id], start: 'FEED_START_NOW' });
    await first.until((got) => got.length > 0);
    await sick(id);
    await first.until((got) => lines(got).length >= 2);
    first.stream.cancel();
    const at = first.got.find((one) => one.line);
    const second = subscribe({ patient_ids: [id], cursor: at.cursor });
    await second.until((got) => lines(got).length >= 1);
    assert.equal(lines(second.got)[0].patient_number, at.line.patient_number + 1);
    second.stream.cancel();
  },
  async 'cursors that are none are refused'() {
    for (const cursor of ['x', 'AAAAAAAAAAAAAAAAAAAAAAAA', '-1']) {
      const subscriber = subscribe({ cursor });
      await refused(subscriber.until(() => false), 'INVALID_ARGUMENT');
    }
  },
  async 'an integrator may not receive alerts'() {
    const id = `js-${run}-role`;
    const subscriber = subscribe({ patient_ids: [id] }, 'integrator');
    await refused(subscriber.until(() => false), 'PERMISSION_DENIED');
  },
};

(async () => {
  for (const [name, test] of Object.entries(tests)) {
    try {
      await test();
      console.log(`ok ${name}`);
    } catch (error) {
      console.log(`not ok ${name} # ${String(error.stack ?? error).replaceAll('\n', ' | ')}`);
    }
  }
  process.exit(0);
})();
