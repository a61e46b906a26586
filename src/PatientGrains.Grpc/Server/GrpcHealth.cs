using PatientGrains.Grpc.Health;
using ServingStatus = PatientGrains.Grpc.Health.HealthCheckResponse.Types.ServingStatus;

namespace PatientGrains.Grpc;

/// <summary>
/// Tells load balancers and probes which services serve: grpc.health.v1 (grpc/doc/health-checking.md). Needs no login and says nothing
/// else.
/// </summary>
public sealed class GrpcHealth
{
    private readonly Lock _gate = new();
    private readonly Dictionary<string, bool> _serving = [];
    private TaskCompletionSource _changed = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public GrpcHealth()
    {
        var service = HealthReflection.Descriptor.Services[0];
        Methods =
        [
            GrpcMethod.Unary<HealthCheckRequest, HealthCheckResponse>(service.FindMethodByName("Check"), Check),
            GrpcMethod.ServerStreaming<HealthCheckRequest, HealthCheckResponse>(service.FindMethodByName("Watch"), Watch),
        ];
    }

    /// <summary>To be served beside the others.</summary>
    public IReadOnlyList<GrpcMethod> Methods { get; }

    /// <param name="service">Full name of a service; empty for the server as a whole.</param>
    /// <param name="serves">Whether it answers calls; watchers hear of changes.</param>
    public void Set(string service, bool serves)
    {
        TaskCompletionSource changed;
        lock (_gate)
        {
            _serving[service] = serves;
            changed = _changed;
            _changed = new(TaskCreationOptions.RunContinuationsAsynchronously);
        }
        changed.SetResult();
    }

    private Task<HealthCheckResponse> Check(HealthCheckRequest request, GrpcCall call) => Look(request.Service).Status switch
    {
        ServingStatus.ServiceUnknown => throw new GrpcException(GrpcCode.NotFound, "There is no such service."),
        var status => Task.FromResult(new HealthCheckResponse { Status = status }),
    };

    private async Task Watch(HealthCheckRequest request, GrpcResponses<HealthCheckResponse> responses, GrpcCall call)
    {
        using var end = CancellationTokenSource.CreateLinkedTokenSource(call.Token, call.Stopping);
        ServingStatus? told = null;
        while (true)
        {
            var (status, changed) = Look(request.Service);
            if (status != told)
                await responses.Write(new HealthCheckResponse { Status = status }).ConfigureAwait(false);
            told = status;
            try
            {
                await changed.WaitAsync(end.Token).ConfigureAwait(false);
            }
            catch (OperationCanceledException) when (call.Stopping.IsCancellationRequested)
            {
                throw new GrpcException(GrpcCode.Unavailable, "The server stops.");
            }
        }
    }

    private (ServingStatus Status, Task Changed) Look(string service)
    {
        lock (_gate)
        {
            var status = !_serving.TryGetValue(service, out bool serves) ? ServingStatus.ServiceUnknown
                : serves ? ServingStatus.Serving
                : ServingStatus.NotServing;
            return (status, _changed.Task);
        }
    }
}
