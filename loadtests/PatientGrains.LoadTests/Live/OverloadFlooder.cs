using System.Collections.Concurrent;
using Google.Protobuf;
using PatientGrains.Core.Record;
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
    private long _number;
    private List<Task> _callers = [];
    private volatile bool _flows;

    public OverloadFlooder(Hospital hospital, Uri address, GrpcMetadata login, bool isSmall)
    {
        _hospital = hospital;
        _callersOfLane = isSmall ? 8 : 1_024;
        _lanes = [.. Enumerable.Range(0, Monitors.Streams).Select(_ => new SubmitLane(address, login))];
        _channels = [.. Enumerable.Range(0, isSmall ? 1 : 4).Select(_ =>
            new GrpcChannel(address, new GrpcChannelOptions { Metadata = () => login }))];
    }

    /// <summary>Ids of what was acknowledged.</summary>
    public IReadOnlyCollection<string> Acknowledged => _acknowledged;

    /// <summary>Ids of what was refused, none of which is sent again.</summary>
    public IReadOnlyCollection<string> Refused => _refused;

    /// <summary>Why a call failed otherwise; null when none did.</summary>
    public string? Failure { get; private set; }

    public void Begin()
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
    public Task End()
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
                Failure ??= $"{failed.Code}: {failed.Message}";
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

    /// <summary>What was acknowledged and is not there, and what was refused and is.</summary>
    public async Task<(int Lost, int Written)> Faults(Func<ResourceKey, Task<bool>> isThere)
    {
        int lost = 0, written = 0;
        await Parallel.ForEachAsync(_acknowledged, async (id, _) =>
        {
            if (!await isThere(new ResourceKey("Observation", id)))
                Interlocked.Increment(ref lost);
        });
        await Parallel.ForEachAsync(_refused, async (id, _) =>
        {
            if (await isThere(new ResourceKey("Observation", id)))
                Interlocked.Increment(ref written);
        });
        return (lost, written);
    }

    public async ValueTask DisposeAsync()
    {
        await End();
        foreach (var lane in _lanes)
            await lane.DisposeAsync();
        foreach (var channel in _channels)
            channel.Dispose();
    }
}
