using System.Globalization;
using System.Net;
using System.Net.Http.Headers;
using PatientGrains.Grpc.Wire;

namespace PatientGrains.Grpc;

/// <summary>How a call ended, as its client learns it.</summary>
internal readonly record struct ClientStatus(int Code, string Message, string? Details, GrpcMetadata Trailers)
{
    public void ThrowUnlessOk()
    {
        if (Code != 0)
            throw GrpcException.From(StatusText.Parse(Code, Message, Details), Trailers);
    }

    public static GrpcMetadata Metadata(HttpHeaders headers)
    {
        var metadata = new GrpcMetadata();
        foreach (var (name, values) in headers.NonValidated)
        {
            foreach (string value in values)
                metadata.Take(name, value);
        }
        return metadata;
    }

    public static ClientStatus InTrailers(HttpHeaders trailers) =>
        Read(trailers) ?? new ClientStatus((int)GrpcCode.Internal, "The stream ended without a status.", null, Metadata(trailers));

    /// <summary>Null when messages follow. http-grpc-status-mapping.md says what an answer without a status means.</summary>
    public static ClientStatus? InHeaders(HttpResponseMessage response)
    {
        if (Read(response.Headers) is { } status)
            return status;
        if (response.StatusCode != HttpStatusCode.OK)
        {
            var code = response.StatusCode switch
            {
                HttpStatusCode.BadRequest => GrpcCode.Internal,
                HttpStatusCode.Unauthorized => GrpcCode.Unauthenticated,
                HttpStatusCode.Forbidden => GrpcCode.PermissionDenied,
                HttpStatusCode.NotFound => GrpcCode.Unimplemented,
                HttpStatusCode.TooManyRequests or HttpStatusCode.BadGateway or HttpStatusCode.ServiceUnavailable
                    or HttpStatusCode.GatewayTimeout => GrpcCode.Unavailable,
                _ => GrpcCode.Unknown,
            };
            return new((int)code, $"The server answered HTTP {(int)response.StatusCode}.", null, []);
        }
        return response.Content.Headers.ContentType?.MediaType?.StartsWith("application/grpc", StringComparison.OrdinalIgnoreCase) == true
            ? null
            : new((int)GrpcCode.Unknown, "The server does not answer with gRPC.", null, []);
    }

    /// <summary>What a broken stream or connection means (PROTOCOL-HTTP2.md, Errors).</summary>
    public static GrpcException OfTransport(Exception error)
    {
        for (Exception? e = error; e is not null; e = e.InnerException)
        {
            if (e is HttpProtocolException { ErrorCode: var reset })
            {
                var code = reset switch
                {
                    0x7 => GrpcCode.Unavailable,
                    0x8 => GrpcCode.Cancelled,
                    0xb => GrpcCode.ResourceExhausted,
                    0xc => GrpcCode.PermissionDenied,
                    _ => GrpcCode.Internal,
                };
                return GrpcException.From(code, $"The stream was reset with HTTP/2 error {reset}.", error);
            }
        }
        return GrpcException.From(GrpcCode.Unavailable, "The server cannot be reached, or the connection broke.", error);
    }

    private static ClientStatus? Read(HttpHeaders headers)
    {
        if (One(headers, "grpc-status") is not { } text)
            return null;
        int code = int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out int number) ? number : (int)GrpcCode.Unknown;
        string message = StatusText.Decode(One(headers, "grpc-message") ?? "");
        return new(code, message, One(headers, "grpc-status-details-bin"), Metadata(headers));
    }

    private static string? One(HttpHeaders headers, string name) =>
        headers.NonValidated.TryGetValues(name, out var values) ? values.ToString() : null;
}
