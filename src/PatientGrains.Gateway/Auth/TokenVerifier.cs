using System.Buffers.Binary;
using System.Collections.Immutable;
using System.Runtime.InteropServices;
using System.Security.Cryptography;
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
/// <para>A token that proved somebody is remembered until it expires, under its SHA-256: with the same key and the same rules, which an
/// instance never changes, it would prove the same again. There is no list of revoked tokens that could be missed by this.</para>
/// </summary>
public sealed class TokenVerifier
{
    /// <summary>A longer text is no token of ours and is not parsed; ours have under 600 characters.</summary>
    private const int MaxTokenChars = 4_096;

    /// <summary>Tokens that are remembered, about 500 bytes each: the clients of a large hospital, each with a token of its own.</summary>
    internal const int MaxRemembered = 8_192;

    private readonly RecentlyUsed<TokenDigest, Proven> _remembered = new(MaxRemembered);
    private readonly TimeProvider _time;
    private readonly JsonWebTokenHandler _handler = new() { MapInboundClaims = false, MaximumTokenSizeInBytes = MaxTokenChars };
    private readonly TokenValidationParameters _rules;

    public TokenVerifier(GatewayOptions options, TimeProvider time)
    {
        _time = time;
        _rules = new TokenValidationParameters
        {
            ValidAlgorithms = [SecurityAlgorithms.HmacSha256],
            IssuerSigningKey = TokenClaims.KeyOf(options),
            ValidIssuer = options.TokenIssuer,
            ValidAudience = options.TokenAudience,
            RequireSignedTokens = true,
            RequireExpirationTime = true,
            ClockSkew = options.TokenClockSkew,
            // The library would ask the machine's clock; ours is the host's.
            LifetimeValidator = (notBefore, expires, _, rules) => IsAlive(notBefore, expires, Now, rules.ClockSkew),
        };
    }

    private DateTime Now => _time.GetUtcNow().UtcDateTime;

    public ValueTask<TokenProof> Verify(string token)
    {
        if (token.Length > MaxTokenChars)
            return new(new TokenProof(null, "The token is too long."));
        var digest = TokenDigest.Of(token);
        return Remembered(digest) is { } proof ? new(proof) : VerifyNew(token, digest);
    }

    /// <summary>What a token proved before and still proves; null when it has to be verified.</summary>
    public TokenProof? Remembered(ReadOnlySpan<char> token) => token.Length > MaxTokenChars ? null : Remembered(TokenDigest.Of(token));

    private TokenProof? Remembered(TokenDigest digest)
    {
        if (_remembered.Find(digest) is not { } known)
            return null;
        if (IsAlive(known.NotBefore, known.Expires, Now, _rules.ClockSkew))
            return known.Proof;
        _remembered.Drop(digest);
        return null;
    }

    private async ValueTask<TokenProof> VerifyNew(string token, TokenDigest digest)
    {
        var result = await _handler.ValidateTokenAsync(token, _rules);
        if (!result.IsValid)
            return new TokenProof(null, Reason(result.Exception));
        var jwt = (JsonWebToken)result.SecurityToken;
        string? purpose = Text(jwt, TokenClaims.Purpose);
        string? source = Text(jwt, TokenClaims.Source);
        if (string.IsNullOrEmpty(jwt.Subject) || string.IsNullOrEmpty(jwt.Id) || purpose is null || source is null)
            return new TokenProof(null, "The token lacks one of the claims sub, jti, purpose, source.");
        var who = new Requester { Subject = jwt.Subject, Roles = Roles(jwt), Purpose = purpose, Source = source };
        var proof = new TokenProof(who, null, new DateTimeOffset(jwt.ValidTo, TimeSpan.Zero) + _rules.ClockSkew);
        // A token without nbf has the library's earliest time here, which is before any other.
        _remembered.Keep(digest, new Proven(proof, jwt.ValidFrom, jwt.ValidTo));
        return proof;
    }

    /// <summary>Both ends are looked at again each time: a clock may be set back, too.</summary>
    private sealed record Proven(TokenProof Proof, DateTime NotBefore, DateTime Expires);

    /// <summary>SHA-256 of a token, so that what is remembered could not be used by whoever reads this process's memory.</summary>
    private readonly record struct TokenDigest(UInt128 High, UInt128 Low)
    {
        public static TokenDigest Of(ReadOnlySpan<char> token)
        {
            Span<byte> digest = stackalloc byte[SHA256.HashSizeInBytes];
            SHA256.HashData(MemoryMarshal.AsBytes(token), digest);
            return new TokenDigest(
                BinaryPrimitives.ReadUInt128BigEndian(digest), BinaryPrimitives.ReadUInt128BigEndian(digest[16..]));
        }
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
