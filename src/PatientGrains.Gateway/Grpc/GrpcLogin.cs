using PatientGrains.Core.Access;
using PatientGrains.Gateway.Auth;
using PatientGrains.Gateway.Fhir;
using PatientGrains.Grpc;

namespace PatientGrains.Gateway.Grpc;

/// <summary>
/// Who a call comes from: asked once for each call, however many messages it has; a call that lasts longer than its token ends.
/// </summary>
internal sealed class GrpcLogin(Login login)
{
    /// <exception cref="GrpcException">Nobody can be named; it is noted.</exception>
    public async Task<Caller> Open(GrpcCall call)
    {
        string requestId = FhirFront.RequestIdOf(call.Http);
        call.ResponseHeaders.Add("x-request-id", requestId);
        var (session, denial) = await login.Check(call.Http, requestId, () => call.Method.FullName);
        return session is null ? throw StatusTable.Of(denial!) : new Caller(session.Who, session.Until, requestId);
    }
}

/// <param name="Who">From the token.</param>
/// <param name="Until">When the token expires.</param>
/// <param name="RequestId">Ties log entries, access entries and the answer together.</param>
internal sealed record Caller(Requester Who, DateTimeOffset Until, string RequestId)
{
    /// <summary>The call as the interactions of HTTP know it, so that searches are understood alike.</summary>
    public FhirCall Asks(string baseUrl, string[] path, Parameters query) => new()
    {
        Who = Who,
        RequestId = RequestId,
        MessageId = "",
        BaseUrl = baseUrl,
        Method = "GET",
        Path = path,
        Query = query,
    };
}
