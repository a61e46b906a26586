using System.Text.Json.Nodes;
using Google.Protobuf;
using PatientGrains.Core.Access;
using PatientGrains.Gateway.Tests.Rest;
using PatientGrains.Grpc;
using PatientGrains.Grpc.Rpc;
using static PatientGrains.Gateway.Tests.Grpc.Refusals;
using V1 = PatientGrains.Grpc.V1;

namespace PatientGrains.Gateway.Tests.Grpc;

public sealed class RecordsOverGrpcTests(GatewayServer server) : IClassFixture<GatewayServer>
{
    private PatientGrainsClient Client => server.Grpc();

    [Fact]
    public async Task What_is_submitted_here_is_read_there_byte_for_byte()
    {
        string patient = await server.NewPatient();
        var answer = await Client.Submit(Create(Fresh(), Samples.Observation(patient)));
        var result = Assert.Single(answer.Results);
        Assert.Equal((1, V1.ChangeEffect.Created, "Observation"), (result.Version, result.Effect, result.Type));
        var read = await Client.Read(new() { Type = "Observation", Id = result.Id });
        var reply = await server.Get($"Observation/{result.Id}");
        Assert.Equal(reply.Bytes, read.Body.ToByteArray());
        Assert.Equal("urn:test:source:local", (string?)JsonNode.Parse(read.Body.Span)!["meta"]!["source"]);
        Assert.Equal(("local", 1, false), (read.Source, read.Version, read.Deleted));
    }

    [Fact]
    public async Task A_message_id_is_an_idempotency_key_on_either_front()
    {
        string patient = await server.NewPatient();
        string key = Fresh();
        string body = Samples.Observation(patient);
        var posted = await server.Send("POST", "Observation", body, null, ("Idempotency-Key", key));
        var repeated = await Client.Submit(Create(key, body));
        Assert.True(repeated.IsRepeat);
        Assert.Contains($"Observation/{repeated.Results[0].Id}/", posted.Header("Location"));
        await Refused(GrpcCode.AlreadyExists, "MessageIdReused",
            () => Client.Submit(Create(key, Samples.Observation(patient, value: "73"))));
    }

    [Fact]
    public async Task Updates_deletes_conditions_and_transactions_do_what_they_do_over_http()
    {
        string id = Fresh();
        var made = await Client.Submit(Update(Fresh(), id, Samples.Patient(id)));
        Assert.Equal(V1.ChangeEffect.Created, made.Results[0].Effect);
        var stale = Update(Fresh(), id, Samples.Patient(id, family: "Other"));
        stale.IfVersion = 7;
        var refused = await Assert.ThrowsAsync<GrpcException>(() => Client.Submit(stale));
        Assert.Equal((GrpcCode.Aborted, "1"), (refused.Code, refused.Find<ErrorInfo>()!.Metadata["version"]));
        var bundle = await Client.Submit(new()
        {
            MessageId = Fresh(), Kind = V1.SubmissionKind.Transaction, WantBodies = true,
            Body = ByteString.CopyFromUtf8($$"""
                {"resourceType":"Bundle","type":"transaction","entry":[
                {"request":{"method":"PUT","url":"Patient/{{id}}"},"resource":{{Samples.Patient(id, family: "New")}}},
                {"request":{"method":"POST","url":"Observation"},"resource":{{Samples.Observation(id)}}}]}
                """),
        });
        Assert.Equal([(2, V1.ChangeEffect.Updated), (1, V1.ChangeEffect.Created)], bundle.Results.Select(one => (one.Version, one.Effect)));
        Assert.Equal(2, bundle.Versions.Count);
        var gone = await Client.Submit(new()
        {
            MessageId = Fresh(), Kind = V1.SubmissionKind.Delete, Type = "Observation", Id = bundle.Results[1].Id,
        });
        Assert.Equal(V1.ChangeEffect.Deleted, gone.Results[0].Effect);
        await Refused(GrpcCode.NotFound, "ResourceDeleted", () => Client.Read(new() { Type = "Observation", Id = bundle.Results[1].Id }));
    }

    [Fact]
    public async Task A_submission_that_is_wrong_is_told_where_and_is_written_down()
    {
        string patient = await server.NewPatient();
        var refused = await Assert.ThrowsAsync<GrpcException>(
            () => Client.Submit(Create(Fresh(), Samples.Observation(patient).Replace("final", "finished", StringComparison.Ordinal))));
        Assert.Equal(GrpcCode.InvalidArgument, refused.Code);
        Assert.Equal("Observation.status", refused.Find<BadRequest>()!.FieldViolations[0].Field);
        Assert.Contains(await server.SecurityEntries(), entry => entry is { Interaction: "create", RefusedBy: "Invalid" });
        await Refused(GrpcCode.InvalidArgument, "Malformed", () => Client.Submit(Create("", "{}")));
        await Refused(GrpcCode.InvalidArgument, "Malformed", () => Client.Submit(Create(new string('m', 129), "{}")));
        await Refused(GrpcCode.InvalidArgument, "Malformed", () => Client.Submit(Create(Fresh(), "no json")));
        await Refused(GrpcCode.InvalidArgument, "Malformed", () => Client.Submit(new() { MessageId = Fresh() }));
        await Refused(GrpcCode.InvalidArgument, "Malformed", () => Client.Submit(Update(Fresh(), "not an id", "{}")));
        await Refused(GrpcCode.PermissionDenied, "RoleNotPermitted",
            () => server.Grpc(server.Token(Role.Alerting)).Submit(Create(Fresh(), Samples.Observation(patient))));
    }

    [Fact]
    public async Task History_search_and_everything_stream_what_http_pages()
    {
        string patient = await server.NewPatient();
        var first = await Client.Submit(Create(Fresh(), Samples.Observation(patient)));
        string id = first.Results[0].Id;
        await Client.Submit(Update(Fresh(), id, Samples.Observation(patient, id, value: "80")));
        await Client.Submit(Create(Fresh(), Samples.Observation(patient, code: "8310-5")));
        Assert.Equal([2, 1], (await Client.History(new() { Type = "Observation", Id = id }).All()).Select(version => version.Version));
        Assert.Equal(2, Assert.Single(await Client.History(new() { Type = "Observation", Id = id, Limit = 1 }).All()).Version);
        const string HeartRate = "code=http%3A%2F%2Floinc.org%7C8867-4";
        var found = await Client.Search(new() { Type = "Observation", Query = $"patient={patient}&{HeartRate}" }).All();
        Assert.Equal(id, Assert.Single(found).Id);
        Assert.Single(await Client.Search(new() { Type = "Observation", Query = $"patient={patient}", Limit = 1 }).All());
        var all = await Client.Everything(new() { PatientId = patient }).All();
        Assert.Equal(["Patient", "Observation", "Observation"], all.Select(version => version.Type));
        Assert.Equal(2, (await Client.Everything(new() { PatientId = patient, Types_ = { "Observation" } }).All()).Count);
        await Refused(GrpcCode.FailedPrecondition, "too-costly",
            () => Client.Search(new() { Type = "Observation", Query = "code=8867-4" }).All());
        await Refused(GrpcCode.InvalidArgument, "not-supported",
            () => Client.Search(new() { Type = "Observation", Query = $"patient={patient}&colour=red" }).All());
        await Refused(GrpcCode.NotFound, "ResourceUnknown", () => Client.Read(new() { Type = "Observation", Id = Fresh() }));
        await Refused(GrpcCode.NotFound, "VersionUnknown", () => Client.Read(new() { Type = "Observation", Id = id, Version = 9 }));
    }

    [Fact]
    public async Task The_access_log_is_for_privacy_officers_and_shows_the_look_itself()
    {
        string patient = await server.NewPatient();
        await Client.Read(new() { Type = "Patient", Id = patient });
        var officer = server.Grpc(server.Token(Role.PrivacyOfficer, purpose: "HOPERAT", subject: "officer"));
        var log = await officer.AccessLog(new() { PatientId = patient }).All();
        Assert.Equal([("officer", "search-type"), ("dr-test", "read"), ("dr-test", "update")],
            log.Select(entry => (entry.Subject, entry.Interaction)));
        Assert.Equal(patient, Assert.Single(log[1].Versions).Id);
        Assert.Single(await officer.AccessLog(new() { PatientId = patient, Limit = 1 }).All());
        await Refused(GrpcCode.PermissionDenied, "RoleNotPermitted", () => Client.AccessLog(new() { PatientId = patient }).All());
        await Refused(GrpcCode.PermissionDenied, "RoleNotPermitted", () => officer.Read(new() { Type = "Patient", Id = patient }));
    }

    internal static string Fresh() => "m" + Guid.NewGuid().ToString("N");

    internal static V1.Submission Create(string messageId, string body) => new()
    {
        MessageId = messageId, Kind = V1.SubmissionKind.Create, Body = ByteString.CopyFromUtf8(body),
    };

    internal static V1.Submission Update(string messageId, string id, string body) => new()
    {
        MessageId = messageId, Kind = V1.SubmissionKind.Update, Id = id, Body = ByteString.CopyFromUtf8(body),
        Type = body.Contains("\"Patient\"", StringComparison.Ordinal) ? "Patient" : "Observation",
    };
}
