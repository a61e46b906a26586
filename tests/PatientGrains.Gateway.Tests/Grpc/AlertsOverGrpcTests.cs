using PatientGrains.Core.Access;
using PatientGrains.Gateway.Tests.Rest;
using PatientGrains.Grpc;
using static PatientGrains.Gateway.Tests.Grpc.Refusals;
using V1 = PatientGrains.Grpc.V1;

namespace PatientGrains.Gateway.Tests.Grpc;

public sealed class AlertsOverGrpcTests(GatewayServer server) : IClassFixture<GatewayServer>
{
    [Fact]
    public async Task A_result_that_shows_deterioration_reaches_a_subscriber_with_its_reasons_and_is_written_down()
    {
        string patient = await server.NewPatient();
        using var stop = new CancellationTokenSource(Unhurried.Patience);
        await using var stream = Subscribe(new() { PatientIds = { patient } }, stop.Token);
        Assert.NotNull((await Next(stream)).Heartbeat);
        string observation = await server.Lactate(patient, "4.5");
        var line = (await NextLine(stream)).Line;
        Assert.Equal(patient, line.PatientId);
        Assert.Equal(V1.AlertLine.EventOneofCase.Raised, line.EventCase);
        Assert.Equal(1, line.PatientNumber);
        var met = Assert.Single(line.Raised.Reason.Criteria);
        Assert.Equal(("Observation", observation, 1, "4.5"), (met.Type, met.Id, met.Version, met.Value));
        var entry = (await server.AccessLog(patient)).First(entry => entry.Who?.Subject == "pager");
        Assert.Equal(Role.Alerting, Assert.Single(entry.Who!.Roles));
        Assert.Null(entry.RefusedBy);
    }

    [Fact]
    public async Task A_cursor_resumes_behind_what_was_had()
    {
        string patient = await server.NewPatient();
        using var stop = new CancellationTokenSource(Unhurried.Patience);
        string cursor;
        await using (var first = Subscribe(new() { PatientIds = { patient } }, stop.Token))
        {
            await Next(first);
            await server.Lactate(patient, "3");
            cursor = (await NextLine(first)).Cursor;
        }
        await server.Lactate(patient, "4.5");
        await using var again = Subscribe(new() { PatientIds = { patient }, Cursor = cursor }, stop.Token);
        Assert.Equal(2, (await NextLine(again)).Line.PatientNumber);
    }

    [Fact]
    public async Task Alerts_are_listed_acknowledged_snoozed_and_overridden()
    {
        string patient = await server.NewPatient();
        await server.Lactate(patient, "3");
        var client = server.Grpc();
        var alert = Assert.Single((await client.ListAlerts(new() { PatientId = patient })).Alerts);
        Assert.Equal(V1.AlertStatus.Open, alert.Status);
        var taken = await client.AcknowledgeAlert(new() { PatientId = patient, Alert = alert.Alert, Note = "on my way" });
        Assert.Equal((V1.AlertStatus.Acknowledged, "dr-test"), (taken.Status, taken.AcknowledgedBy));
        var snoozed = await client.SnoozeAlert(new()
        {
            PatientId = patient, Alert = alert.Alert, Reason = "repeat ordered", Duration = new() { Seconds = 3600 },
        });
        Assert.Equal(V1.AlertStatus.Snoozed, snoozed.Status);
        var overridden = await client.OverrideAlert(new() { PatientId = patient, Alert = alert.Alert, Reason = "known" });
        Assert.Equal(V1.AlertStatus.Overridden, overridden.Status);
        Assert.Empty((await client.ListAlerts(new() { PatientId = patient })).Alerts);
        Assert.Single((await client.ListAlerts(new() { PatientId = patient, WithEnded = true })).Alerts);
        await Refused(GrpcCode.FailedPrecondition, "AlertEnded",
            () => client.SnoozeAlert(new() { PatientId = patient, Alert = alert.Alert, Reason = "x", Duration = new() { Seconds = 60 } }));
        await Refused(GrpcCode.NotFound, "AlertUnknown", () => client.AcknowledgeAlert(new() { PatientId = patient, Alert = 99 }));
        await Refused(GrpcCode.NotFound, "ResourceUnknown", () => client.ListAlerts(new() { PatientId = "nobody" }));
        await Refused(GrpcCode.InvalidArgument, "Malformed", () => client.ListAlerts(new() { PatientId = "no id" }));
        await Refused(GrpcCode.PermissionDenied, "RoleNotPermitted",
            () => server.Grpc(server.Token(Role.Alerting)).AcknowledgeAlert(new() { PatientId = patient, Alert = alert.Alert }));
    }

    [Fact]
    public async Task Who_is_nobody_or_may_not_is_told_so()
    {
        await Refused(GrpcCode.Unauthenticated, "TokenMissing", () => server.Grpc("").ListAlerts(new()));
        await Refused(GrpcCode.Unauthenticated, "TokenInvalid", () => server.Grpc("x.y.z").ListAlerts(new()));
        await Refused(GrpcCode.PermissionDenied, "SourceUnknown",
            () => server.Grpc(server.Token(source: "elsewhere")).ListAlerts(new()));
        await Refused(GrpcCode.PermissionDenied, "RoleNotPermitted",
            () => server.Grpc(server.Token(Role.Integrator)).SubscribeAlerts(new()).First());
        await Refused(GrpcCode.InvalidArgument, "CursorUnreadable",
            () => server.Grpc(server.Token(Role.Alerting)).SubscribeAlerts(new() { Cursor = "garbage" }).First());
        Assert.Contains(await server.SecurityEntries(), entry => entry is { Asked: "feeds/alerts", RefusedBy: "RoleNotPermitted" });
    }

    private IAsyncEnumerator<V1.SubscribeAlertsResponse> Subscribe(V1.SubscribeAlertsRequest request, CancellationToken stop) =>
        server.Grpc(server.Token(Role.Alerting, subject: "pager")).SubscribeAlerts(request, null, stop).GetAsyncEnumerator(stop);

    private static async Task<V1.SubscribeAlertsResponse> Next(IAsyncEnumerator<V1.SubscribeAlertsResponse> stream)
    {
        Assert.True(await stream.MoveNextAsync());
        return stream.Current;
    }

    /// <summary>Heartbeats come whenever they come.</summary>
    private static async Task<V1.SubscribeAlertsResponse> NextLine(IAsyncEnumerator<V1.SubscribeAlertsResponse> stream)
    {
        V1.SubscribeAlertsResponse next;
        do
            next = await Next(stream);
        while (next.Line is null);
        return next;
    }
}
