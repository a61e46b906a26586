using PatientGrains.Grpc;

namespace PatientGrains.Gateway.Grpc;

/// <summary>Every method of the contract.</summary>
internal sealed class GatewayMethods(SubmitMethods submit, ReadMethods read, FeedMethods feeds, AlertMethods alerts)
{
    public IReadOnlyList<GrpcMethod> All { get; } = [.. submit.All(), .. read.All(), .. feeds.All(), .. alerts.All()];
}
