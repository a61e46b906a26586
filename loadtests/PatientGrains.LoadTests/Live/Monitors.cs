using Google.Protobuf;
using PatientGrains.Grpc;
using PatientGrains.Grpc.V1;
using PatientGrains.LoadTests.Running;

namespace PatientGrains.LoadTests.Live;

/// <summary>Bedside monitors: vital signs of the hospital's patients over a few submit streams, each on a connection of its own.</summary>
internal sealed class Monitors : IAsyncDisposable
{
    public const int Streams = 4;

    private readonly Hospital _hospital;
    private readonly SubmitLane[] _lanes;

    public Monitors(Hospital hospital, Uri address, GrpcMetadata login)
    {
        _hospital = hospital;
        _lanes = [.. Enumerable.Range(0, Streams).Select(_ => new SubmitLane(address, login))];
    }

    /// <summary>The bytes of observation n.</summary>
    public static byte[] Body(Hospital hospital, long number) =>
        hospital.Vital(number, hospital.Whom.Of(number), TimeProvider.System.GetUtcNow());

    /// <summary>Observation n; ends when it is acknowledged.</summary>
    public async ValueTask<Done> Send(Arrival arrival)
    {
        await LaneOf(_hospital.Whom.Of(arrival.Number)).Send(new Submission
        {
            MessageId = $"m-{arrival.Number}",
            Kind = SubmissionKind.Create,
            Body = UnsafeByteOperations.UnsafeWrap(Body(_hospital, arrival.Number)),
        });
        return Done.One;
    }

    /// <summary>What is sent about a patient stays in its order.</summary>
    public SubmitLane LaneOf(int patient) => _lanes[patient % _lanes.Length];

    public async ValueTask DisposeAsync()
    {
        foreach (var lane in _lanes)
            await lane.DisposeAsync();
    }
}
