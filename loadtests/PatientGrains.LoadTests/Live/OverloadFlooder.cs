using System.Collections.Concurrent;
using Google.Protobuf;
using PatientGrains.Grpc;
using PatientGrains.Grpc.V1;
using PatientGrains.LoadTests.Running;

namespace PatientGrains.LoadTests.Live;

/// <summary>
/// A source that sends whatever it can: streams that are kept full, and callers of single submissions that come back a second
/// or two after they were refused, as they are told. Remembers what was acknowledged and what was refused.
/// </summary>
internal sealed class OverloadFlooder : IAsyncDisposable
{
    /// <summary>Verb of the process that floods.</summary>
    public const string Verb = "overload-flooder";

    private const string AcknowledgedFile = "flood-acknowledged", RefusedFile = "flood-refused";

    /// <summary>Callers of single submissions on one connection, which bears 250 calls.</summary>
    private const int CallersOfConnection = 200;

    /// <summary>Seconds that the server says; up to twice as long, so that they do not come back all at once.</summary>
    private const double RetryAfterSeconds = 1;

    private readonly Hospital _hospital;
    private readonly Chance _chance = new(7);
    private readonly SubmitLane[] _lanes;
    private readonly GrpcChannel[] _channels;
    private readonly int _callersOfLane;
    private readonly ConcurrentBag<string> _acknowledged = [], _refused = [];
    private readonly FirstFailure _failure = new();
    private long _number;
    private List<Task> _callers = [];
    private volatile bool _flows;

    private OverloadFlooder(Hospital hospital, Uri address, GrpcMetadata login, bool isSmall)
    {
        _hospital = hospital;
        _callersOfLane = isSmall ? 8 : 1_024;
        _lanes = [.. Enumerable.Range(0, Monitors.Streams).Select(_ => new SubmitLane(address, login))];
        _channels = [.. Enumerable.Range(0, isSmall ? 1 : 4).Select(_ =>
            new GrpcChannel(address, new GrpcChannelOptions { Metadata = () => login }))];
    }

    /// <summary>
    /// The process: told <c>to ADDRESS TOKEN</c> first, then <c>begin</c> and <c>end</c> in turns, each answered with how many it was
    /// acknowledged by then and why it failed; <c>save FOLDER</c> writes what was acknowledged and what was refused, an id a line.
    /// </summary>
    public static async Task<int> Run(Settings settings)
    {
        var hospital = new Hospital(settings.Inpatients, settings.Seed);
        OverloadFlooder? flooder = null;
        await Child.Answer(async line =>
        {
            string[] words = line.Split(' ', 3);
            if (words[0] == "to")
                flooder = new(hospital, new Uri(words[1]), new GrpcMetadata { { "authorization", words[2] } }, settings.Smoke);
            else if (words[0] == "save")
                await flooder!.Save(words[1]);
            else if (words[0] == "begin")
                flooder!.Begin();
            else
                await flooder!.End();
            return FormattableString.Invariant($"{flooder._acknowledged.Count} {flooder._failure}");
        });
        if (flooder is not null)
            await flooder.DisposeAsync();
        return 0;
    }

    /// <summary>What a process saved: ids of what was acknowledged, and of what was refused, none of which was sent again.</summary>
    public static (string[] Acknowledged, string[] Refused) Saved(string folder) =>
        (File.ReadAllLines(Path.Combine(folder, AcknowledgedFile)), File.ReadAllLines(Path.Combine(folder, RefusedFile)));

    private async Task Save(string folder)
    {
        await File.WriteAllLinesAsync(Path.Combine(folder, AcknowledgedFile), _acknowledged);
        await File.WriteAllLinesAsync(Path.Combine(folder, RefusedFile), _refused);
    }

    private void Begin()
    {
        _flows = true;
        _callers =
        [
            .. _lanes.SelectMany(lane => Enumerable.Range(0, _callersOfLane).Select(_ => Task.Run(() => Call(sent => lane.Send(sent))))),
            .. _channels.SelectMany(channel => Enumerable.Range(0, CallersOfConnection).Select(_ =>
                Task.Run(() => Call(sent => new PatientGrainsClient(channel).Submit(sent))))),
        ];
    }

    /// <summary>Sends nothing more; ends when all is answered.</summary>
    private Task End()
    {
        _flows = false;
        return Task.WhenAll(_callers);
    }

    private async Task Call(Func<Submission, Task<SubmissionAnswer>> send)
    {
        while (_flows)
        {
            long number = Interlocked.Increment(ref _number);
            string id = FormattableString.Invariant($"flood-{number}");
            try
            {
                await send(Of(number, id));
                _acknowledged.Add(id);
            }
            catch (Exception refused) when (refused is InvalidDataException or GrpcException { Code: GrpcCode.ResourceExhausted })
            {
                _refused.Add(id);
                await Task.Delay(TimeSpan.FromSeconds(RetryAfterSeconds * (1 + _chance.Uniform(number))));
            }
            catch (GrpcException failed)
            {
                _failure.Note($"{failed.Code}: {failed.Message}");
                return;
            }
        }
    }

    private Submission Of(long number, string id) => new()
    {
        MessageId = id,
        Kind = SubmissionKind.Update,
        Type = "Observation",
        Id = id,
        Body = UnsafeByteOperations.UnsafeWrap(
            _hospital.Vital(number, _hospital.Whom.Of(number), TimeProvider.System.GetUtcNow(), id)),
    };

    public async ValueTask DisposeAsync()
    {
        await End();
        foreach (var lane in _lanes)
            await lane.DisposeAsync();
        foreach (var channel in _channels)
            channel.Dispose();
    }
}

/// <summary>Why something failed first: what fails after it mostly fails because of it. Empty while nothing did.</summary>
internal sealed class FirstFailure
{
    private string? _why;

    public void Note(string why) => Interlocked.CompareExchange(ref _why, why, null);

    public override string ToString() => Volatile.Read(ref _why) ?? "";
}
