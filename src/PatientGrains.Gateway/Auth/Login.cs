using Microsoft.AspNetCore.Http;
using PatientGrains.Core.Access;
using PatientGrains.Gateway.Fhir;

namespace PatientGrains.Gateway.Auth;

/// <summary>Who asks, proven until a time: what lasts longer than one request ends there.</summary>
internal sealed record Session(Requester Who, DateTimeOffset Until);

/// <summary>Why somebody is not let in; it has been noted already.</summary>
/// <param name="IsNamed">The token is good, but its source is not registered: forbidden, not unknown.</param>
/// <param name="TokenError">What is wrong with the token; null when none was sent.</param>
/// <param name="Diagnostics">For the caller.</param>
internal sealed record Denial(bool IsNamed, string? TokenError, string Diagnostics);

/// <summary>Who a request comes from (RFC 6750). What cannot be named is refused and durably noted before the refusal leaves.</summary>
internal sealed class Login(TokenVerifier verifier, AccessNotes notes, GatewayOptions options)
{
    private const string Bearer = "Bearer ";
    private const string Challenge = "Bearer realm=\"patientgrains\"";

    private readonly HashSet<string> _sources = [.. options.Sources.Select(source => source.Slug)];

    /// <param name="http">The request.</param>
    /// <param name="requestId">For the note.</param>
    /// <param name="asked">What is asked for, for the note; put into words only where there is one.</param>
    public async ValueTask<(Session? Session, Answer? Denied)> Requester(HttpContext http, string requestId, Func<string> asked)
    {
        var (session, denial) = await Check(http, requestId, asked);
        return (session, denial switch
        {
            null => null,
            { IsNamed: true } => Answer.Problem(403, "forbidden", denial.Diagnostics),
            _ => Answer.Problem(401, "login", denial.Diagnostics) with
            {
                // RFC 6750 3.1: no error code when no token was sent.
                Authenticate = denial.TokenError is not { } error
                    ? Challenge
                    : $"{Challenge}, error=\"invalid_token\", error_description=\"{error}\"",
            },
        });
    }

    /// <summary>The same for any front: exactly one of the two is set.</summary>
    public ValueTask<(Session? Session, Denial? Denial)> Check(HttpContext http, string requestId, Func<string> asked)
    {
        string authorization = http.Request.Headers.Authorization.ToString();
        return Known(authorization) is { } session ? new((session, null)) : Prove(authorization, AddressOf(http), requestId, asked());
    }

    /// <summary>Who sends a token that proved somebody before; null when it has to be looked at.</summary>
    private Session? Known(string authorization) =>
        authorization.StartsWith(Bearer, StringComparison.OrdinalIgnoreCase)
        && verifier.Remembered(authorization.AsSpan(Bearer.Length).Trim()) is { Who: { } who } proof && _sources.Contains(who.Source)
            ? new Session(who, proof.Until)
            : null;

    private async ValueTask<(Session? Session, Denial? Denial)> Prove(string authorization, string address, string requestId, string asked)
    {
        if (authorization.Length == 0)
            return (null, await Denied(address, requestId, asked, null, "A bearer token is needed."));
        if (!authorization.StartsWith(Bearer, StringComparison.OrdinalIgnoreCase))
            return (null, await Denied(address, requestId, asked, null, "Only bearer tokens are accepted."));
        var proof = await verifier.Verify(authorization[Bearer.Length..].Trim());
        if (proof.Who is not { } who)
            return (null, await Denied(address, requestId, asked, proof.Error, proof.Error!));
        if (_sources.Contains(who.Source))
            return (new Session(who, proof.Until), null);
        await notes.Note(who, requestId, "login", asked, "SourceUnknown");
        return (null, new Denial(true, null, "The source that the token names is not registered with this server."));
    }

    private static string AddressOf(HttpContext http) => http.Connection.RemoteIpAddress?.ToString() ?? "no address";

    private async Task<Denial> Denied(string address, string requestId, string asked, string? tokenError, string diagnostics)
    {
        await notes.NoteLogin(address, requestId, asked, tokenError is null ? "TokenMissing" : "TokenInvalid");
        return new Denial(false, tokenError, diagnostics);
    }
}
