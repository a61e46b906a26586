"""The gRPC front as grpcio sees it, a client that nobody here wrote. Run by IndependentClientTests, which sets SUITE to a JSON object
{grpc, descriptors, tokens: {clinician, integrator, officer, alerting, expired}}; says `ok <name>` or `not ok <name> # why` a line each."""
import json
import os
import random
import threading
import time
import traceback

import grpc
from google.protobuf import descriptor_pb2, descriptor_pool, message_factory

SUITE = json.loads(os.environ["SUITE"])
RUN = format(int(time.time() * 1000), "x")
# Ends what hangs; a machine may be as slow as it likes.
SLOW = 300
POOL = descriptor_pool.DescriptorPool()
with open(SUITE["descriptors"], "rb") as file:
    FILES = descriptor_pb2.FileDescriptorSet.FromString(file.read()).file
for one in FILES:
    POOL.Add(one)
FACTORY = message_factory.MessageFactory(POOL)


def message(name):
    return FACTORY.GetPrototype(POOL.FindMessageTypeByName(name))


V1 = "patientgrains.v1."
Submission, ReadRequest = message(V1 + "Submission"), message(V1 + "ReadRequest")
EverythingRequest, SubscribeAlertsRequest = message(V1 + "EverythingRequest"), message(V1 + "SubscribeAlertsRequest")


class Client:
    """Methods by their descriptors, over any channel."""

    def __init__(self, channel):
        self.channel = channel

    def __getattr__(self, name):
        service = next(s for s in ("RecordService", "AlertService", "FeedService")
                       if name in POOL.FindServiceByName(V1 + s).methods_by_name)
        method = POOL.FindServiceByName(V1 + service).methods_by_name[name]
        proto = descriptor_pb2.MethodDescriptorProto()
        method.CopyToProto(proto)
        make = getattr(self.channel, "{}_{}".format(
            "stream" if proto.client_streaming else "unary", "stream" if proto.server_streaming else "unary"))
        return make("/{}{}/{}".format(V1, service, name),
                    request_serializer=lambda m: m.SerializeToString(),
                    response_deserializer=FACTORY.GetPrototype(method.output_type).FromString)


def channel(*options, **more):
    return grpc.insecure_channel(SUITE["grpc"], options=options, **more)


CLIENT = Client(channel())


def who(role):
    return (("authorization", "Bearer " + SUITE["tokens"][role]),)


def patient(name):
    return {"resourceType": "Patient", "id": name, "birthDate": "1950-03-04", "name": [{"family": "Independent"}]}


def observation(name, subject, loinc, value, unit):
    return {"resourceType": "Observation", "id": name, "status": "final",
            "code": {"coding": [{"system": "http://loinc.org", "code": loinc}]},
            "subject": {"reference": "Patient/" + subject},
            "effectiveDateTime": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()),
            "valueQuantity": {"value": value, "unit": unit, "system": "http://unitsofmeasure.org", "code": unit}}


def update(resource, message_id=None):
    return Submission(message_id=message_id or RUN + "-" + resource["id"], kind=2, type=resource["resourceType"], id=resource["id"],
                      body=json.dumps(resource).encode())


def submit(resource, message_id=None):
    return CLIENT.Submit(update(resource, message_id), metadata=who("integrator"), timeout=SLOW)


def refused(code, act):
    try:
        act()
    except grpc.RpcError as error:
        assert error.code() == code, "{} {}".format(error.code(), error.details())
        return error
    raise AssertionError("it was taken")


def reason(error):
    status = message("google.rpc.Status").FromString(
        next(value for key, value in error.trailing_metadata() if key == "grpc-status-details-bin"))
    info = message("google.rpc.ErrorInfo")()
    any(one.Unpack(info) for one in status.details)
    return info.reason


def test_health_says_serving_and_watch_streams_it():
    request, answer = message("grpc.health.v1.HealthCheckRequest"), message("grpc.health.v1.HealthCheckResponse")
    check = CLIENT.channel.unary_unary("/grpc.health.v1.Health/Check", lambda m: m.SerializeToString(), answer.FromString)
    assert check(request(), timeout=SLOW).status == 1
    watch = CLIENT.channel.unary_stream("/grpc.health.v1.Health/Watch", lambda m: m.SerializeToString(), answer.FromString)
    stream = watch(request())
    assert next(stream).status == 1
    stream.cancel()


def test_reflection_names_the_services_and_gives_their_files():
    request = message("grpc.reflection.v1.ServerReflectionRequest")
    answer = message("grpc.reflection.v1.ServerReflectionResponse")
    info = CLIENT.channel.stream_stream("/grpc.reflection.v1.ServerReflection/ServerReflectionInfo",
                                        lambda m: m.SerializeToString(), answer.FromString)
    answers = list(info(iter([request(list_services=""), request(file_containing_symbol="patientgrains.v1.RecordService"),
                              request(file_by_filename="no/such.proto")]), timeout=SLOW))
    services = {s.name for s in answers[0].list_services_response.service}
    assert {"patientgrains.v1.RecordService", "patientgrains.v1.AlertService", "grpc.health.v1.Health"} <= services, services
    files = [descriptor_pb2.FileDescriptorProto.FromString(f) for f in answers[1].file_descriptor_response.file_descriptor_proto]
    assert any(f.name == "patientgrains/v1/records.proto" for f in files)
    assert answers[2].error_response.error_code == grpc.StatusCode.NOT_FOUND.value[0]


def test_a_submission_is_read_back_with_its_version():
    name = "py-" + RUN
    answer = submit(patient(name))
    assert [(r.type, r.id, r.version) for r in answer.results] == [("Patient", name, 1)]
    read = CLIENT.Read(ReadRequest(type="Patient", id=name), metadata=who("clinician"), timeout=SLOW)
    assert json.loads(read.body)["meta"]["versionId"] == "1"


def test_a_create_gets_an_id_and_a_repeat_the_same():
    name = "py-{}-c".format(RUN)
    submit(patient(name))
    body = json.dumps({k: v for k, v in observation("x", name, "8867-4", 70, "/min").items() if k != "id"}).encode()
    create = Submission(message_id=name, kind=1, type="Observation", body=body)
    first = CLIENT.Submit(create, metadata=who("integrator"), timeout=SLOW)
    again = CLIENT.Submit(create, metadata=who("integrator"), timeout=SLOW)
    assert first.results[0].id == again.results[0].id and again.is_repeat and not first.is_repeat


def test_a_stale_version_and_a_delete():
    name = "py-{}-v".format(RUN)
    submit(patient(name))
    stale = update(patient(name), name + "-stale")
    stale.if_version = 7
    error = refused(grpc.StatusCode.ABORTED, lambda: CLIENT.Submit(stale, metadata=who("integrator"), timeout=SLOW))
    assert reason(error) == "VersionStale"
    CLIENT.Submit(Submission(message_id=name + "-d", kind=3, type="Patient", id=name), metadata=who("integrator"), timeout=SLOW)
    error = refused(grpc.StatusCode.NOT_FOUND,
                    lambda: CLIENT.Read(ReadRequest(type="Patient", id=name), metadata=who("clinician"), timeout=SLOW))
    assert reason(error) == "ResourceDeleted"


def test_a_stream_broken_at_random_and_resumed_has_one_effect_each():
    name = "py-{}-s".format(RUN)
    submit(patient(name))
    chance = random.Random(20261122)
    left = {"{}-{}".format(name, i): update(observation("{}-{}".format(name, i), name, "8867-4", 60 + i % 50, "/min"),
                                            "{}-{}".format(name, i)) for i in range(300)}
    answered = {}
    for attempt in range(60):
        if not left:
            break
        stop = chance.randrange(1, 40)
        stream = CLIENT.SubmitStream(iter(list(left.values())), metadata=who("integrator"))
        try:
            for count, answer in enumerate(stream):
                assert not answer.HasField("refusal"), answer
                answered[answer.message_id] = answer
                left.pop(answer.message_id, None)
                if count == stop:
                    stream.cancel()
        except grpc.RpcError as error:
            assert error.code() == grpc.StatusCode.CANCELLED, error
    assert not left and len(answered) == 300
    everything = list(CLIENT.Everything(EverythingRequest(patient_id=name), metadata=who("clinician"), timeout=SLOW))
    assert sorted(v.version for v in everything) == [1] * 301, "an effect came twice or never"


def test_a_transaction_takes_all_or_nothing():
    name = "py-{}-t".format(RUN)
    entries = [patient(name), observation(name + "-o", name, "8867-4", 70, "/min")]
    bundle = {"resourceType": "Bundle", "type": "transaction", "entry": [
        {"resource": r, "request": {"method": "PUT", "url": "{}/{}".format(r["resourceType"], r["id"])}} for r in entries]}
    answer = CLIENT.Submit(Submission(message_id=name, kind=4, body=json.dumps(bundle).encode()), metadata=who("integrator"), timeout=SLOW)
    assert [(r.type, r.version) for r in answer.results] == [("Patient", 1), ("Observation", 1)]
    bundle["entry"][1]["resource"]["status"] = "nonsense"
    error = refused(grpc.StatusCode.INVALID_ARGUMENT, lambda: CLIENT.Submit(
        Submission(message_id=name + "-2", kind=4, body=json.dumps(bundle).encode()), metadata=who("integrator"), timeout=SLOW))
    assert reason(error)


def test_gzip_both_ways():
    name = "py-{}-z".format(RUN)
    zipped = Client(channel(compression=grpc.Compression.Gzip))
    big = dict(patient(name), name=[{"family": "Z" * 30000}])
    zipped.Submit(update(big), metadata=who("integrator"), timeout=SLOW)
    read = zipped.Read(ReadRequest(type="Patient", id=name), metadata=who("clinician"), timeout=SLOW)
    assert len(json.loads(read.body)["name"][0]["family"]) == 30000


def test_nobody_and_the_wrong_role_are_refused():
    request = ReadRequest(type="Patient", id="py-" + RUN)
    refused(grpc.StatusCode.UNAUTHENTICATED, lambda: CLIENT.Read(request, timeout=SLOW))
    refused(grpc.StatusCode.UNAUTHENTICATED, lambda: CLIENT.Read(request, metadata=who("expired"), timeout=SLOW))
    refused(grpc.StatusCode.UNAUTHENTICATED, lambda: CLIENT.Read(request, metadata=(("authorization", "Basic eA=="),), timeout=SLOW))
    error = refused(grpc.StatusCode.PERMISSION_DENIED, lambda: CLIENT.Read(request, metadata=who("officer"), timeout=SLOW))
    assert reason(error) == "RoleNotPermitted"


def test_a_deadline_ends_a_subscription():
    stream = CLIENT.SubscribeAlerts(SubscribeAlertsRequest(), metadata=who("alerting"), timeout=1)
    refused(grpc.StatusCode.DEADLINE_EXCEEDED, lambda: [None for _ in stream])


def test_many_calls_on_one_connection():
    name = "py-{}-m".format(RUN)
    submit(patient(name))
    calls = [CLIENT.Read.future(ReadRequest(type="Patient", id=name), metadata=who("clinician"), timeout=SLOW) for _ in range(500)]
    assert {c.result().id for c in calls} == {name}


def test_a_subscriber_of_a_unit_gets_its_alerts_in_order():
    name = "py-{}-u".format(RUN)
    unit = "Location/py-unit-" + RUN
    entries = [patient(name), {
        "resourceType": "Encounter", "id": name + "-e", "status": "in-progress",
        "class": {"system": "http://terminology.hl7.org/CodeSystem/v3-ActCode", "code": "IMP"},
        "subject": {"reference": "Patient/" + name},
        "period": {"start": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(time.time() - 3600))},
        "location": [{"location": {"reference": unit}}]}]
    CLIENT.Submit(update({"resourceType": "Location", "id": "py-unit-" + RUN, "name": "Unit"}), metadata=who("integrator"), timeout=SLOW)
    for one in entries:
        submit(one)

    def subscribe(**at):
        request = SubscribeAlertsRequest(units=[unit], min_severity=2, **at)
        return CLIENT.SubscribeAlerts(request, metadata=who("alerting"), timeout=SLOW)

    stream = subscribe()
    assert next(stream).HasField("heartbeat")
    for loinc, value, code in (("9279-1", 32, "/min"), ("59408-5", 87, "%"), ("8480-6", 82, "mm[Hg]"), ("2524-7", 5.2, "mmol/L")):
        submit(observation("{}-{}".format(name, loinc), name, loinc, value, code))
    rules, numbers = set(), []
    while not {"news2", "lactate"} <= rules:
        answer = next(stream)
        if not answer.HasField("line"):
            continue
        if answer.line.HasField("unreadable"):
            # The record did not answer for seconds: the line itself comes to who asks again.
            stream.cancel()
            stream = subscribe(cursor=answer.line.unreadable.cursor_before)
            continue
        assert answer.line.patient_id == name and answer.line.unit == unit and answer.line.severity >= 2
        rules.add(answer.line.rule)
        numbers.append(answer.line.patient_number)
    stream.cancel()
    assert numbers == sorted(set(numbers))


def test_a_subscriber_that_never_reads_delays_nobody():
    lazy = Client(channel(("grpc.http2.bdp_probe", 0), ("grpc.http2.lookahead_bytes", 1)))
    stuck = lazy.SubscribeAlerts(SubscribeAlertsRequest(start=2), metadata=who("alerting"))
    for i in range(50):
        submit(patient("py-{}-l{}".format(RUN, i)))
    stuck.cancel()


def main():
    # Futures hang on the client's own threads; a test that hangs must not hang the run.
    for name, test in list(globals().items()):
        if not name.startswith("test_"):
            continue
        said = name[len("test_"):].replace("_", " ")
        failure = []

        def attempt():
            try:
                test()
            except BaseException:
                failure.append(traceback.format_exc())

        thread = threading.Thread(target=attempt, daemon=True)
        thread.start()
        thread.join(2 * SLOW)
        if thread.is_alive():
            failure.append("it did not end")
        print("not ok {} # {}".format(said, failure[0].replace("\n", " | ")) if failure else "ok " + said, flush=True)
    os._exit(0)


main()
