using PatientGrains.Grpc;

namespace PatientGrains.Gateway.Grpc;

/// <summary>Every method of the contract.</summary>
internal sealed class GatewayMethods(FeedMethods feeds, AlertMethods alerts)
{
    public IReadOnlyList<GrpcMethod> All { get; } = [.. feeds.All(), .. alerts.All()];
}
