using Microsoft.AspNetCore.Http;
using PatientGrains.Core.Access;
using PatientGrains.Gateway.Fhir;

namespace PatientGrains.Gateway.Auth;

/// <summary>Who a request comes from (RFC 6750). What cannot be named is refused and durably noted before the refusal leaves.</summary>
internal sealed class Login(TokenVerifier verifier, AccessNotes notes, GatewayOptions options)
{
    private const string Challenge = "Bearer realm=\"patientgrains\"";

    private readonly HashSet<string> _sources = [.. options.Sources.Select(source => source.Slug)];

    /// <param name="http">The request.</param>
    /// <param name="requestId">For the note.</param>
    /// <param name="asked">What is asked for, for the note.</param>
    public async Task<(Requester? Who, Answer? Denied)> Requester(HttpContext http, string requestId, string asked)
    {
        string header = http.Request.Headers.Authorization.ToString();
        if (header.Length == 0)
            return (null, await Denied(http, requestId, asked, null, "A bearer token is needed."));
        if (!header.StartsWith("Bearer ", StringComparison.OrdinalIgnoreCase))
            return (null, await Denied(http, requestId, asked, null, "Only bearer tokens are accepted."));
        var proof = await verifier.Verify(header["Bearer ".Length..].Trim());
        if (proof.Who is not { } who)
            return (null, await Denied(http, requestId, asked, proof.Error, proof.Error!));
        if (_sources.Contains(who.Source))
            return (who, null);
        await notes.Note(who, requestId, "login", asked, "SourceUnknown");
        return (null, Answer.Problem(403, "forbidden", "The source that the token names is not registered with this server."));
    }

    private async Task<Answer> Denied(HttpContext http, string requestId, string asked, string? tokenError, string diagnostics)
    {
        string address = http.Connection.RemoteIpAddress?.ToString() ?? "no address";
        await notes.NoteLogin(address, requestId, asked, tokenError is null ? "TokenMissing" : "TokenInvalid");
        return Answer.Problem(401, "login", diagnostics) with
        {
            // RFC 6750 3.1: no error code when no token was sent.
            Authenticate = tokenError is null ? Challenge : $"{Challenge}, error=\"invalid_token\", error_description=\"{tokenError}\"",
        };
    }
}
