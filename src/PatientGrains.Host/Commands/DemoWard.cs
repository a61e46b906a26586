using System.Collections.Concurrent;
using System.Globalization;
using System.Runtime.CompilerServices;
using System.Text;
using System.Threading.Channels;
using Google.Protobuf;
using PatientGrains.Core.Access;
using PatientGrains.Gateway.Auth;
using PatientGrains.Grpc;
using PatientGrains.Grpc.V1;
using PatientGrains.Host.Composition;
using PatientGrains.Host.Live;
using PatientGrains.Host.Settings;
using PatientGrains.Synthetic;
using Spectre.Console;

namespace PatientGrains.Host.Commands;

/// <summary>
/// The live part of the demo: a ward of 40 in accelerated time. An EHR pushes over gRPC, a subscriber prints the alerts that arrive, a
/// clinician acknowledges one, a corrected laboratory result takes one back. The server is a real one; only its clock runs fast.
/// </summary>
internal sealed class DemoWard(HostSettings settings)
{
    /// <summary>Seconds that the ward takes.</summary>
    private const double Duration = 20;

    /// <summary>Alerts below Urgent are counted, not printed.</summary>
    private const Severity Printed = Severity.Urgent;

    private static readonly WardOptions Ward = new()
    {
        Seed = 7, Stays = 40, Hours = 36, AdmissionHours = 6, Units = 2, SepsisShare = 0.25, RevisionShare = 0.02,
    };

    private readonly List<WardStay> _stays = [.. SyntheticWard.Stays(Ward)];
    private readonly ConcurrentDictionary<AlertLine.EventOneofCase, int> _counts = [];
    private readonly Channel<AlertLine> _urgent = Channel.CreateUnbounded<AlertLine>();
    private readonly TaskCompletionSource _mistaken = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource _takenBack = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private int _answers;

    /// <summary>The stay whose laboratory result is corrected; it is not septic.</summary>
    private WardStay Mistaken => _stays.First(stay => stay.OnsetHour is null && stay.Hours > 30);

    /// <returns>The exit code of verifying the ward's store.</returns>
    public async Task<int> Show(CancellationToken cancel)
    {
        DemoCommand.Title("6. A ward of 40, live: an EHR pushes, a subscriber watches");
        var from = _stays.Min(stay => stay.AdmittedAt);
        var until = _stays.Max(stay => stay.AdmittedAt.AddHours(stay.Hours));
        var clock = new FastClock(from, (until - from).TotalSeconds / Duration);
        var pace = new WardPace(clock, from);
        await using var server = await RecordServer.StartWithFront(settings, cancel, clock);
        Say($"{(until - from).TotalHours:F0} hours in {Duration:F0} s; a subscriber at {server.GrpcUrl} prints what is {Printed} or worse");

        using var ended = CancellationTokenSource.CreateLinkedTokenSource(cancel);
        var watching = Watch(server, clock, ended.Token);
        var acknowledging = Acknowledge(server, clock, cancel);
        await Push(server, clock, pace, cancel);
        await Correct(server, clock, acknowledging, watching, cancel);
        await Task.WhenAny(_takenBack.Task, watching);
        await ended.CancelAsync();
        await watching;

        string counts = string.Join(", ", _counts.OrderBy(one => one.Key).Select(one => $"{one.Value} {one.Key}"));
        Say($"{_answers} messages acknowledged; alerts: {counts}".ToLowerInvariant());
        DemoCommand.Title("7. Alert burden: what the ward was asked to look at");
        await BurdenCommand.Show(server, clock.GetUtcNow(), cancel);
        return VerifyCommand.Show(await Verification.Run(server.Log, server.Ring, null, null, cancel));
    }

    private async Task Watch(RecordServer server, FastClock clock, CancellationToken cancel)
    {
        using var channel = Link(server, clock, Who("ward-board", Role.Alerting));
        var asked = new SubscribeAlertsRequest { Start = FeedStart.Beginning };
        try
        {
            while (await WatchFrom(asked, new PatientGrainsClient(channel), cancel) is { } before)
                asked = new SubscribeAlertsRequest { Cursor = before };
        }
        catch (OperationCanceledException) when (cancel.IsCancellationRequested)
        {
            // The demo has seen what it waited for.
        }
    }

    /// <summary>Until the server ends it; or until a line is passed over because its record did not answer for seconds: then the cursor
    /// that brings the line itself.</summary>
    private async Task<string?> WatchFrom(SubscribeAlertsRequest asked, PatientGrainsClient client, CancellationToken cancel)
    {
        await foreach (var response in client.SubscribeAlerts(asked, stop: cancel))
        {
            if (response.Line is { Unreadable: { } passed })
                return passed.CursorBefore;
            if (response.Line is { } line)
                Show(line);
        }
        return null;
    }

    private void Show(AlertLine line)
    {
        _counts.AddOrUpdate(line.EventCase, 1, (_, count) => count + 1);
        bool isMistaken = line.PatientId == Mistaken.PatientId && line.Rule == "lactate";
        bool isAnswer = line.EventCase is AlertLine.EventOneofCase.Acknowledged or AlertLine.EventOneofCase.Withdrawn;
        bool isGraver = line.EventCase is AlertLine.EventOneofCase.Raised or AlertLine.EventOneofCase.Worsened;
        if (isAnswer || isMistaken || (isGraver && line.Severity >= Printed))
            Say("  " + AlertText.Of(line));
        if (line is { Raised: not null, Severity: >= Printed })
            _urgent.Writer.TryWrite(line);
        if (isMistaken && line.Raised is not null)
            _mistaken.TrySetResult();
        if (isMistaken && line.Withdrawn is not null)
            _takenBack.TrySetResult();
    }

    /// <summary>The first that is still open when the clinician comes to it: the mistaken one is, if no other was.</summary>
    private async Task Acknowledge(RecordServer server, FastClock clock, CancellationToken cancel)
    {
        using var channel = Link(server, clock, Who("dr-grey", Role.Clinician));
        await foreach (var line in _urgent.Reader.ReadAllAsync(cancel))
        {
            try
            {
                var request = new AcknowledgeAlertRequest { PatientId = line.PatientId, Alert = line.Alert, Note = "I am at the bedside." };
                await new PatientGrainsClient(channel).AcknowledgeAlert(request, stop: cancel);
                return;
            }
            catch (GrpcException ended) when (ended.Code == GrpcCode.FailedPrecondition)
            {
                // The patient has recovered.
            }
        }
    }

    private async Task Push(RecordServer server, FastClock clock, WardPace pace, CancellationToken cancel)
    {
        using var channel = Link(server, clock, Ehr);
        await foreach (var answer in new PatientGrainsClient(channel).SubmitStream(Replay(pace, cancel), stop: cancel))
        {
            pace.Answered(answer.MessageId);
            if (answer.Refusal is { } refusal)
                throw new VerbException($"the server refused a message of the ward: {refusal.Message}");
            _answers++;
        }
    }

    private async IAsyncEnumerable<Submission> Replay(WardPace pace, [EnumeratorCancellation] CancellationToken cancel)
    {
        var coming = new Queue<WardStay>(_stays.OrderBy(stay => stay.AdmittedAt));
        int number = 0;
        foreach (var sent in SyntheticWard.Replay(Ward))
        {
            while (coming.TryPeek(out var stay) && stay.AdmittedAt <= sent.At)
            {
                var admission = Admission(coming.Dequeue());
                await pace.Send(admission.MessageId, sent.At, cancel);
                yield return admission;
            }
            var update = Update($"ward-{number++}", sent.Type, sent.Id, sent.Resource);
            await pace.Send(update.MessageId, sent.At, cancel);
            yield return update;
        }
    }

    private static Submission Admission(WardStay stay) => new()
    {
        MessageId = "stay-" + stay.PatientId, Kind = SubmissionKind.Transaction, Body = UnsafeByteOperations.UnsafeWrap(stay.Registration),
    };

    /// <summary>A lactate that was mistyped, then the laboratory's correction of it.</summary>
    private async Task Correct(RecordServer server, FastClock clock, Task acknowledging, Task watching, CancellationToken cancel)
    {
        using var channel = Link(server, clock, Ehr);
        var client = new PatientGrainsClient(channel);
        string at = clock.GetUtcNow().ToString("yyyy-MM-ddTHH:mm:ssZ", CultureInfo.InvariantCulture);
        await client.Submit(Update("mistake", "Observation", "lactate-mistaken", Lactate("final", "9.1", at)), stop: cancel);
        await Task.WhenAny(_mistaken.Task, watching).WaitAsync(cancel);
        if (await Task.WhenAny(acknowledging, watching).WaitAsync(cancel) == acknowledging)
            await acknowledging;
        await client.Submit(Update("correction", "Observation", "lactate-mistaken", Lactate("corrected", "0.9", at)), stop: cancel);
    }

    private byte[] Lactate(string status, string mmolPerL, string at) => Encoding.UTF8.GetBytes($$$"""
        {"resourceType":"Observation","id":"lactate-mistaken","status":"{{{status}}}",
        "subject":{"reference":"Patient/{{{Mistaken.PatientId}}}"},
        "code":{"coding":[{"system":"http://loinc.org","code":"2524-7"}]},"effectiveDateTime":"{{{at}}}",
        "valueQuantity":{"value":{{{mmolPerL}}},"unit":"mmol/L","system":"http://unitsofmeasure.org","code":"mmol/L"}}
        """);

    private static Submission Update(string message, string type, string id, ReadOnlyMemory<byte> body) =>
        new() { MessageId = message, Kind = SubmissionKind.Update, Type = type, Id = id, Body = UnsafeByteOperations.UnsafeWrap(body) };

    private GrpcChannel Link(RecordServer server, FastClock clock, Requester who)
    {
        var issuer = new TokenIssuer(Services.GatewayOptionsOf(settings, server.Ring), clock);
        return GrpcLink.Open(new Uri(server.GrpcUrl), () => issuer.Issue(who, TimeSpan.FromDays(30)), null);
    }

    private static Requester Ehr => Who("interface-engine/ehr", Role.Integrator) with { Source = "ehr" };

    private static Requester Who(string subject, Role role) => new() { Subject = subject, Roles = [role], Purpose = "TREAT", Source = "local" };

    /// <summary>Past the console's width too: a broken line is harder to read than a long one.</summary>
    private static void Say(string line) => Console.Out.WriteLine(line);
}
