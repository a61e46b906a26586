using System.Collections.Immutable;
using Microsoft.IdentityModel.JsonWebTokens;
using Microsoft.IdentityModel.Tokens;
using PatientGrains.Core.Access;

namespace PatientGrains.Gateway.Auth;

/// <summary>What a token proved.</summary>
/// <param name="Who">Null when the token proves nobody.</param>
/// <param name="Error">Why, for the caller: never repeats the token.</param>
/// <param name="Until">When it ceases to prove anything, the tolerance for clocks included.</param>
public sealed record TokenProof(Requester? Who, string? Error, DateTimeOffset Until = default);

/// <summary>
/// Verifies bearer tokens. Signature, algorithm (HS256 only, so neither <c>none</c> nor a confusion of keys passes), issuer, audience and
/// both ends of the life time are checked;
/// the clock is the host's. Safe for concurrent use.
/// </summary>
public sealed class TokenVerifier
{
    /// <summary>A longer text is no token of ours and is not parsed; ours have under 600 characters.</summary>
    private const int MaxTokenChars = 4_096;

    private readonly JsonWebTokenHandler _handler = new() { MapInboundClaims = false, MaximumTokenSizeInBytes = MaxTokenChars };
    private readonly TokenValidationParameters _rules;

    public TokenVerifier(GatewayOptions options, TimeProvider time) => _rules = new TokenValidationParameters
    {
        ValidAlgorithms = [SecurityAlgorithms.HmacSha256],
        IssuerSigningKey = TokenClaims.KeyOf(options),
        ValidIssuer = options.TokenIssuer,
        ValidAudience = options.TokenAudience,
        RequireSignedTokens = true,
        RequireExpirationTime = true,
        ClockSkew = options.TokenClockSkew,
        // The library would ask the machine's clock; ours is the host's.
        LifetimeValidator = (notBefore, expires, _, rules) => IsAlive(notBefore, expires, time.GetUtcNow().UtcDateTime, rules.ClockSkew),
    };

    public async ValueTask<TokenProof> Verify(string token)
    {
        if (token.Length > MaxTokenChars)
            return new TokenProof(null, "The token is too long.");
        var result = await _handler.ValidateTokenAsync(token, _rules);
        if (!result.IsValid)
            return new TokenProof(null, Reason(result.Exception));
        var jwt = (JsonWebToken)result.SecurityToken;
        string? purpose = Text(jwt, TokenClaims.Purpose);
        string? source = Text(jwt, TokenClaims.Source);
        if (string.IsNullOrEmpty(jwt.Subject) || string.IsNullOrEmpty(jwt.Id) || purpose is null || source is null)
            return new TokenProof(null, "The token lacks one of the claims sub, jti, purpose, source.");
        var who = new Requester { Subject = jwt.Subject, Roles = Roles(jwt), Purpose = purpose, Source = source };
        return new TokenProof(who, null, new DateTimeOffset(jwt.ValidTo, TimeSpan.Zero) + _rules.ClockSkew);
    }

    private static bool IsAlive(DateTime? notBefore, DateTime? expires, DateTime now, TimeSpan skew) =>
        expires is { } end && now < end + skew && (notBefore is not { } start || now >= start - skew);

    private static string? Text(JsonWebToken jwt, string claim) => jwt.TryGetPayloadValue<string>(claim, out var value) ? value : null;

    /// <summary>Role names that this version does not know permit nothing and are passed over.</summary>
    private static ImmutableArray<Role> Roles(JsonWebToken jwt) =>
    [
        .. jwt.Claims
            .Where(claim => claim.Type == TokenClaims.Roles)
            .Select(claim => TokenClaims.RoleOf(claim.Value))
            .OfType<Role>()
            .Distinct(),
    ];

    private static string Reason(Exception? why) => why switch
    {
        SecurityTokenInvalidLifetimeException or SecurityTokenExpiredException or SecurityTokenNoExpirationException =>
            "The token has expired or is not valid yet.",
        SecurityTokenInvalidIssuerException => "The token has another issuer.",
        SecurityTokenInvalidAudienceException => "The token is meant for another audience.",
        SecurityTokenInvalidAlgorithmException => "The token is not signed with the algorithm that this server accepts.",
        SecurityTokenSignatureKeyNotFoundException or SecurityTokenInvalidSignatureException => "The token's signature does not verify.",
        _ => "The token is not a token that this server can read.",
    };
}
