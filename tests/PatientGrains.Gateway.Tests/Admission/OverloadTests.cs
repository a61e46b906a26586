using System.Collections.Concurrent;
using System.Diagnostics.Metrics;
using Microsoft.Extensions.DependencyInjection;
using Orleans;
using PatientGrains.Core.Access;
using PatientGrains.Core.Record;
using PatientGrains.Gateway.Admission;
using PatientGrains.Gateway.Tests.Rest;
using PatientGrains.Grpc;
using PatientGrains.Grpc.Rpc;
using V1 = PatientGrains.Grpc.V1;

namespace PatientGrains.Gateway.Tests.Admission;

/// <summary>
/// A source that sends more than is taken, about a patient whose record hangs; room for two, one of its own, and two that wait.
/// </summary>
public sealed class OverloadTests : IAsyncLifetime
{
    private const string Slow = "slow";

    private readonly string _flooding = "flooding-" + Guid.NewGuid().ToString("N");
    private readonly GatewayServer _server = new();
    private readonly HeldRecord _held = new(Slow);

    public OverloadTests()
    {
        _server.Options = _server.Options with
        {
            Sources = _server.Options.Sources.Add(new Source(_flooding, "urn:test:source:flooding")),
            Admission = new AdmissionLimits
            {
                LeastSubmissions = 2, MostSubmissions = 2, OwnUnits = 1, MaxWaiting = 2, MostReads = 2, MostAlertAnswers = 2,
                Patience = Unhurried.Patience, MaxBodyBytes = 64 << 10,
            },
        };
        _server.With = services => services.AddSingleton<IIncomingGrainCallFilter>(_held);
    }

    public async Task InitializeAsync()
    {
        await _server.InitializeAsync();
        Assert.Equal(201, (await _server.Send("PUT", $"Patient/{Slow}", Samples.Patient(Slow))).Status);
        _held.Hold();
    }

    public async Task DisposeAsync()
    {
        _held.LetGo();
        await _server.DisposeAsync();
    }

    [Fact]
    public async Task Past_its_room_a_source_is_busy_before_anything_is_read_or_written_and_the_same_key_is_taken_later()
    {
        var flood = await Flood();
        int notes = await Refusals();
        // A body that cannot be parsed: whoever looked at it would say 400.
        foreach (string body in (string[])["{", Samples.Observation(Slow, "late")])
        {
            var refused = await Put("late", body);
            Assert.Equal(503, refused.Status);
            Assert.Equal("1", refused.Header("Retry-After"));
            Assert.Equal("throttled", refused.IssueCode);
        }
        Assert.Equal(notes, await Refusals());
        _held.LetGo();
        Assert.All(await Task.WhenAll(flood), reply => Assert.Equal(201, reply.Status));
        var taken = await Put("late", Samples.Observation(Slow, "late"));
        Assert.Equal(201, taken.Status);
        var entries = await _server.AccessLog(Slow);
        // The patient itself is one more.
        Assert.Equal(flood.Count + 2, entries.Count(entry => entry.Interaction == "update"));
        Assert.All(entries, entry => Assert.Null(entry.RefusedBy));
    }

    [Fact]
    public async Task Another_source_writes_reads_and_answers_alerts_as_if_nothing_were()
    {
        string patient = "other" + Guid.NewGuid().ToString("N");
        await Flood();
        Assert.Equal(201, (await _server.Send("PUT", $"Patient/{patient}", Samples.Patient(patient))).Status);
        Assert.Equal(200, (await _server.Get($"Patient/{patient}")).Status);
        Assert.Equal(200, (await _server.Get($"Patient/{patient}/$everything")).Status);
        Assert.Equal(200, (await _server.Get($"Patient/{patient}/$alerts")).Status);
        // The flooding source itself may read and see to alerts: that is other room.
        string token = _server.Token(source: _flooding);
        Assert.Equal(200, (await _server.Send("GET", $"Patient/{patient}", token: token)).Status);
        var answer = await _server.Send("POST", $"Patient/{patient}/$acknowledge-alert?alert=1", token: token);
        Assert.Equal(404, answer.Status);
    }

    [Fact]
    public async Task Over_gRPC_the_same_is_said_with_when_to_come_back_and_the_same_id_is_taken_later()
    {
        var flood = await Flood();
        var late = Update("late");
        var refused = await Assert.ThrowsAsync<GrpcException>(() => Flooder().Submit(late));
        Assert.Equal(GrpcCode.ResourceExhausted, refused.Code);
        Assert.Equal(nameof(Rule.Busy), refused.Find<ErrorInfo>()!.Reason);
        Assert.Equal(1, refused.Find<RetryInfo>()!.RetryDelay.Seconds);
        _held.LetGo();
        await Task.WhenAll(flood);
        Assert.False((await Flooder().Submit(late)).IsRepeat);
    }

    [Fact]
    public async Task A_stream_of_the_flooding_source_waits_and_loses_nothing()
    {
        var sent = Enumerable.Range(0, 300).Select(i => Update($"s{i}")).ToList();
        var answers = All(Flooder().SubmitStream(Of(sent)));
        await _held.Holds(2);
        // It reads on only when what it read was let in.
        await Unhurried.Until(() => Waiting(Lane.Submissions) == 1);
        Assert.Equal(2, _held.Held);
        _held.LetGo();
        var all = await answers;
        Assert.Equal(300, all.Count);
        Assert.All(all, answer => Assert.Null(answer.Refusal));
    }

    [Fact]
    public async Task Reads_have_their_own_bound_past_which_they_are_busy_and_not_noted()
    {
        // A page takes four units of the two that there are: one is let in, two wait.
        var reads = Enumerable.Range(0, 3).Select(_ => Read()).ToList();
        await _held.Holds(1);
        await Unhurried.Until(() => Waiting(Lane.Reads) == 2);
        int notes = await Refusals();
        var refused = await Read();
        Assert.Equal(503, refused.Status);
        Assert.Equal(notes, await Refusals());
        _held.LetGo();
        await Task.WhenAll(reads);
    }

    [Fact]
    public async Task Bodies_are_held_up_to_a_bound_and_given_back()
    {
        string large = Samples.Observation(Slow, "large").Replace("{", "{" + new string(' ', 70_000), StringComparison.Ordinal);
        Assert.Equal(503, (await Put("large", large)).Status);
        _held.LetGo();
        for (int i = 0; i < 10; i++)
        {
            string body = Samples.Observation(Slow, $"b{i}") + new string(' ', 40_000);
            Assert.Equal(201, (await Put($"b{i}", body)).Status);
        }
    }

    [Fact]
    public async Task What_waits_and_what_is_refused_is_told_by_the_slug_of_its_source()
    {
        const string Prefix = "patientgrains.gateway.admission.";
        var seen = new ConcurrentQueue<(Meter Meter, string Name, long Value, string Tags)>();
        using var listener = new MeterListener
        {
            InstrumentPublished = (instrument, it) =>
            {
                if (instrument.Name.StartsWith(Prefix, StringComparison.Ordinal))
                    it.EnableMeasurementEvents(instrument);
            },
        };
        void See<T>(Instrument instrument, T value, ReadOnlySpan<KeyValuePair<string, object?>> tags, object? state)
        {
            string all = string.Join(' ', tags.ToArray().Select(tag => tag.Value));
            seen.Enqueue((instrument.Meter, instrument.Name[Prefix.Length..], Convert.ToInt64(value), all));
        }
        listener.SetMeasurementEventCallback<long>(See);
        listener.SetMeasurementEventCallback<int>(See);
        listener.Start();
        await Flood();
        await Put("late", "{");
        listener.RecordObservableInstruments();
        // Servers of other tests are told of as well; the source is of this one alone.
        var mine = Assert.Single(seen, one => (one.Name, one.Tags) == ("refused", $"submissions {_flooding}"));
        Assert.Equal(1, mine.Value);
        Assert.Contains((mine.Meter, "waiting", 2, $"submissions {_flooding}"), seen);
        Assert.Contains((mine.Meter, "under_way", 2, "submissions"), seen);
        Assert.Contains((mine.Meter, "limit", 2, "submissions"), seen);
    }

    /// <summary>As much as is let in and as may wait, all about the record that hangs.</summary>
    private async Task<List<Task<Reply>>> Flood()
    {
        var flood = Enumerable.Range(0, 4).Select(i => Put($"f{i}", Samples.Observation(Slow, $"f{i}"))).ToList();
        await _held.Holds(2);
        await Unhurried.Until(() => Waiting(Lane.Submissions) == 2);
        return flood;
    }

    /// <summary>Notes of what was refused; looking at them is noted as well.</summary>
    private async Task<int> Refusals() => (await _server.SecurityEntries()).Count(entry => entry.RefusedBy is not null);

    private int Waiting(Lane lane) => _server.Provider.GetRequiredService<Entrance>().Look(lane).Waiting.Sum(one => one.Waiting);

    private Task<Reply> Put(string id, string body) =>
        _server.Send("PUT", $"Observation/{id}", body, _server.Token(source: _flooding), ("Idempotency-Key", "key-" + id));

    private Task<Reply> Read() => _server.Send("GET", $"Patient/{Slow}/Observation");

    private PatientGrainsClient Flooder() => _server.Grpc(_server.Token(Role.Integrator, _flooding));

    private static V1.Submission Update(string id) => new()
    {
        MessageId = "key-" + id, Kind = V1.SubmissionKind.Update, Type = "Observation", Id = id,
        Body = Google.Protobuf.ByteString.CopyFromUtf8(Samples.Observation(Slow, id)),
    };

    private static async IAsyncEnumerable<V1.Submission> Of(IReadOnlyList<V1.Submission> all)
    {
        foreach (var one in all)
        {
            await Task.Yield();
            yield return one;
        }
    }

    private static async Task<List<V1.SubmissionAnswer>> All(IAsyncEnumerable<V1.SubmissionAnswer> answers)
    {
        var all = new List<V1.SubmissionAnswer>();
        await foreach (var answer in answers)
            all.Add(answer);
        return all;
    }
}
